import t from 'tap'
import type { Output, OutputListener } from '../../../player/ports/output.ts'
import { openDisplay, openScreen, pass, realClock, serveMedia } from '../../fixtures/display-bench.ts'
import { makeQuarters, makeVideo } from '../../fixtures/display-media.ts'
import { outputContract } from '../../fixtures/output-contract.ts'

t.test('a screen is an output like any other', async (t) => {
  const display = await openDisplay(t)
  const source = await serveMedia(t, {
    'still.png': { bytes: await makeQuarters(640, 360), mediaType: 'image/png' },
    'short.mp4': { bytes: makeVideo(1), mediaType: 'video/mp4' },
    'long.mp4': { bytes: makeVideo(24), mediaType: 'video/mp4' },
    'broken.mp4': { bytes: Buffer.alloc(4_000, 'x'), mediaType: 'video/mp4' },
  })
  const pids = new Map<Output, () => number>()
  const shared = {
    clock: realClock,
    pass,
    kill: (output: Output) => void process.kill(pids.get(output)!(), 'SIGKILL'),
    // What is due at once waits for the program that composes it to start; how long that takes is for the benchmark.
    promptMs: 10_000,
    toleranceMs: 3_000,
    patienceMs: 20_000,
    open: (listener: OutputListener) => {
      const screen = openScreen(t, display, { listener })
      pids.set(screen.output, screen.mpvPid)
      return screen.output
    },
  }
  const still = { kind: 'still' as const, source: source('still.png') }
  await outputContract(t, 'a screen that shows stills', {
    ...shared,
    short: { playable: still, durationMs: 1_000, lengthMs: 1_000 },
    long: { playable: still, lengthMs: null },
    unreadable: { kind: 'still', source: source('broken.mp4') },
  })
  await outputContract(t, 'a screen that shows films', {
    ...shared,
    short: { playable: { kind: 'video', source: source('short.mp4') }, durationMs: 1_000, lengthMs: null },
    long: { playable: { kind: 'video', source: source('long.mp4') }, lengthMs: null },
    unreadable: { kind: 'video', source: source('broken.mp4') },
  })
  await outputContract(t, 'a screen that shows slides', {
    ...shared,
    short: {
      playable: { kind: 'text', slide: { body: 'Xin chào' }, ticker: 'Bản tin' },
      durationMs: 1_000,
      lengthMs: 1_000,
    },
    long: { playable: { kind: 'text', slide: { body: 'Xin chào bà con' } }, lengthMs: null },
    unreadable: { kind: 'sound', source: source('still.png') },
  })
})
