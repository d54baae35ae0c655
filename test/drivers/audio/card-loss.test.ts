import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { findTone } from '../../../scripts/bench-parts/tone.ts'
import { eventually, listen, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

test('a card that comes and goes', async (suite) => {
  const bench = await openSoundBench(suite)
  const { card, sounds } = bench

  await suite.test('no card at start: the agent lives, says so, and recovers when the card comes', async (t) => {
    await card.stopDaemon()
    const horn = listen(t, bench)
    await eventually('the output is absent', () => horn.output.health().state === 'absent')
    t.match(horn.output.health().fault, { code: 'device-missing', detail: /"default"/ })
    horn.play('a', sounds.tone('a.wav', 500, 200))
    t.match(await horn.ended('a'), { how: 'failed', heardMs: 0, fault: { code: 'device-missing' } })
    await card.startDaemon()
    await horn.ready()
    t.equal(horn.events.at(-1)?.kind, 'health')
    t.equal(horn.output.health().fault, null)
    horn.play('b', sounds.tone('b.wav', 500, 200))
    t.equal((await horn.ended('b')).how, 'finished')
  })

  await suite.test('a card that vanishes in mid-programme is told, and used again when it is back', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('a', sounds.tone('long.wav', 500, 20_000))
    await horn.started('a')
    await sleep(1_500)
    await card.unplug()
    const failed = await horn.ended('a')
    t.match(failed, { how: 'failed', fault: { code: 'device-failed' } })
    t.ok(failed.heardMs > 1_000 && failed.heardMs < 3_000, `${failed.heardMs} ms were heard`)
    await eventually('it is absent', () => horn.output.health().state === 'absent')
    await card.plug()
    await horn.ready()
    const recording = await card.record()
    const askedAt = realClock.wall()
    horn.play('b', sounds.tone('b2.wav', 1_500, 300))
    t.equal((await horn.ended('b')).how, 'finished')
    await recording.reach(realClock.wall() + 200)
    const fromMs = Math.max(0, recording.msAt(askedAt))
    t.equal(findTone(recording.pcm(), { frequencyHz: 1_500, fromMs }).length, 1, 'and it is really heard')
    await recording.stop()
  })

  await suite.test(
    'a card that was away for long is used as soon as it is plugged in, not at the next attempt',
    async (t) => {
      const failures: number[] = []
      const warn = (fields: object) => {
        if ('failures' in fields) failures.push(Number(fields.failures))
      }
      const horn = listen(t, bench, { log: { info: () => undefined, warn }, random: () => 0.5 })
      await horn.ready()
      await card.unplug()
      // The next attempt is 8 s away by then.
      await eventually('it was tried five times', () => failures.some((count) => count > 5), 60_000)
      await card.plug()
      const pluggedAt = performance.now()
      await horn.ready()
      const waitedMs = Math.round(performance.now() - pluggedAt)
      t.ok(waitedMs < 6_000, `${waitedMs} ms`)
    },
  )

  await suite.test('a sound daemon that ends is noticed, and its return as well', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('a', sounds.tone('long.wav', 500, 20_000))
    await horn.started('a')
    await card.stopDaemon()
    t.match(await horn.ended('a'), { how: 'failed' })
    await eventually('it is absent', () => horn.output.health().state === 'absent')
    await card.startDaemon()
    await horn.ready()
    horn.play('b', sounds.tone('b3.wav', 500, 200))
    t.equal((await horn.ended('b')).how, 'finished')
  })

  await suite.test('a device that does not open is named in the fault', async (t) => {
    const horn = listen(t, bench, { device: 'no-such-card' })
    await eventually('the output is absent', () => horn.output.health().state === 'absent')
    t.match(horn.output.health().fault, { code: 'device-missing', detail: /"no-such-card"/ })
  })

  await suite.test('a device is used even where there is no default one', async (t) => {
    const horn = listen(t, bench, {
      device: 'card',
      env: { ...card.env, ALSA_CONFIG_PATH: card.alsaFileWithoutDefault },
    })
    await horn.ready()
    horn.play('a', sounds.tone('c.wav', 500, 200))
    t.equal((await horn.ended('a')).how, 'finished')
  })
})
