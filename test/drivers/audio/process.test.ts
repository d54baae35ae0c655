import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'tap'
import { addMs } from '../../../player/plan/time.ts'
import { eventually, listen, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

test('the sound process', async (suite) => {
  const bench = await openSoundBench(suite)
  const { sounds, card } = bench

  await suite.test('is renewed unnoticed when the library has leaked enough', async (t) => {
    const horn = listen(t, bench, { writesMax: 1 })
    await horn.ready()
    const first = horn.output.processId()
    horn.play('a', sounds.tone('a.wav', 500, 300))
    await horn.ended('a')
    const dueAt = addMs(realClock.wall(), 3_000)
    await eventually('it has been replaced', () => {
      const now = horn.output.processId()
      return now !== null && now !== first
    })
    horn.play('b', sounds.tone('b.wav', 500, 300), { dueAt })
    t.equal((await horn.ended('b')).how, 'finished', 'a play that comes meanwhile waits for the new one')
    t.strictSame(
      horn.events.filter((event) => event.kind === 'health').map((event) => event.health.state),
      ['ready'],
      'nothing was said of it',
    )
    t.ok(horn.output.health().restarts >= 1)
  })

  await suite.test('is replaced when it hangs', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('a', sounds.tone('long.wav', 500, 60_000))
    await horn.started('a')
    process.kill(horn.output.processId()!, 'SIGSTOP')
    t.match(await horn.ended('a'), { how: 'failed', fault: { code: 'process-hung' } })
    t.equal(horn.output.health().state, 'restarting')
    await horn.ready()
    horn.play('b', sounds.tone('b.wav', 500, 200))
    t.equal((await horn.ended('b')).how, 'finished')
  })

  await suite.test('leaves nothing behind when it is closed', async (t) => {
    const horn = listen(t, bench)
    await horn.ready()
    horn.play('a', sounds.tone('long.wav', 500, 60_000))
    await horn.started('a')
    const processId = horn.output.processId()!
    await horn.output.close()
    const inSession = () => {
      try {
        return execFileSync('pgrep', ['-s', String(processId)], { encoding: 'utf8' }).trim()
      } catch {
        return ''
      }
    }
    await eventually('its decoders are gone with it', () => inSession() === '')
    t.pass()
  })

  await suite.test('may drop the card as often as it likes', (t) => {
    const card_ = pathToFileURL(join('dist', 'drivers', 'audio', 'card.js')).href
    const script = `
      const { loadSpeaker, openCard } = await import('${card_}')
      const { Speaker } = loadSpeaker()
      const closes = []
      class Counted extends Speaker { constructor(o) { super(o); this.on('close', () => closes.push(1)) } }
      const card = openCard({ Speaker: Counted, device: 'default', now: () => performance.now() })
      card.drop()
      for (let i = 0; i < 50; i += 1) {
        const writing = card.write(Buffer.alloc(19200))
        try { card.drop(); console.log('dropped in mid-write') } catch {}
        await writing
        card.drop()
        card.drop()
      }
      console.log('closed', closes.length >= 50)
      process.exit(0)`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: card.env,
      encoding: 'utf8',
    })
    t.equal(said.trim(), 'closed true')
    t.end()
  })
})
