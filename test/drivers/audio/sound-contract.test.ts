import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import type { Output } from '../../../player/ports/output.ts'
import { outputContract } from '../../fixtures/output-contract.ts'
import { openSoundBench, realClock } from '../../fixtures/sound-bench.ts'

test('a loudspeaker on a virtual card', async (t) => {
  const bench = await openSoundBench(t)
  const processIds = new Map<Output, () => number | null>()
  await outputContract(t, 'the sound driver', {
    open: (listener) => {
      const output = bench.open(listener)
      processIds.set(output, output.processId)
      return output
    },
    clock: realClock,
    pass: (ms) => sleep(ms),
    short: { playable: bench.sounds.tone('short.wav', 440, 600), durationMs: 600, lengthMs: null },
    long: { playable: bench.sounds.tone('long.wav', 440, 30_000), lengthMs: null },
    unreadable: bench.sounds.add('broken.wav', Buffer.from('this is not a sound at all'.repeat(100))),
    kill: (output) => {
      process.kill(processIds.get(output)!()!, 'SIGKILL')
    },
    toleranceMs: 1_000,
    patienceMs: 20_000,
  })
})
