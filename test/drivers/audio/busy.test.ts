/** A box that is busy with other things, on every processor: what plays must not notice. */
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { test } from 'tap'
import { addMs } from '../../../player/plan/time.ts'
import { findTone } from '../../../scripts/bench-parts/tone.ts'
import { eventually, listen, openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

const SECONDS = 60
/** A period of 20 ms that is missing is heard by everybody; the edges of a stretch are known to 3 ms. */
const GAP_MS_MAX = 10

test('a minute of sound beside a machine that is busy on every processor', async (t) => {
  const bench = await openSoundBench(t)
  const recording = await bench.card.record()
  const horn = listen(t, bench)
  await horn.ready()
  const dueAt = addMs(realClock.wall(), 3_000)
  horn.play('tone', bench.sounds.tone('minute.wav', 1_000, SECONDS * 1_000, -12), { dueAt, whenLate: 'join' })
  await horn.started('tone')
  const load = spawn('stress-ng', ['--cpu', String(cpus().length), '--timeout', String(SECONDS - 1)], {
    stdio: 'ignore',
    detached: true,
  })
  const missing: Error[] = []
  load.once('error', (fault) => missing.push(fault))
  const loaded = new Promise<number | null>((resolve) => {
    load.once('error', () => resolve(null))
    load.once('exit', resolve)
  })
  t.teardown(() => {
    if (load.pid !== undefined && load.exitCode === null) process.kill(-load.pid, 'SIGKILL')
  })
  await eventually('it ends', () => horn.events.some(({ kind }) => kind === 'ended'), (SECONDS + 30) * 1_000)
  t.match(await horn.ended('tone'), { how: 'finished', heardMs: SECONDS * 1_000 })
  t.strictSame(missing, [])
  t.equal(await loaded, 0, 'the load was there to its end')
  t.strictSame(horn.output.health().underruns, { count: 0, cause: null, at: null })
  await recording.reach(dueAt + (SECONDS + 1) * 1_000)
  const stretches = findTone(recording.pcm(), { frequencyHz: 1_000, fromMs: recording.msAt(dueAt) - 500 })
  const gaps = stretches.slice(1).map(({ startMs }, index) => startMs - stretches[index]!.endMs)
  t.ok(
    gaps.every((gapMs) => gapMs < GAP_MS_MAX),
    `gaps of ${gaps.map(Math.round).join(', ')} ms`,
  )
  const wholeMs = stretches.at(-1)!.endMs - stretches[0]!.startMs
  t.ok(Math.abs(wholeMs - SECONDS * 1_000) < 30, `${Math.round(wholeMs)} ms of it`)
})
