/**
 * Makes ready what computes sound. Node compiles a loop well only after it has run for a while; until then the first tenths of a
 * second of sound cost twenty times as much, just when an order has taken the card and its buffer is empty. So a second and a half of
 * noise goes through the whole chain before there is anything to play.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { steady, rampTo } from './gain.ts'
import { openLimiter } from './limiter.ts'
import { addTo } from './mixer.ts'
import { CHANNELS, framesOfMs, silence } from './pcm.ts'
import type { Resamplers } from './resampler.ts'
import { toSixteenBits } from './sixteen-bits.ts'
import { intoZone, type OutputChannels } from './zone.ts'

const SLICE_MS = 50
const SLICES = 30

const noise = (frames: number): Float32Array => {
  const pcm = silence(frames)
  for (let at = 0; at < pcm.length; at += 1) pcm[at] = (((at * 7_919) % 1_999) / 1_999 - 0.5) * 2
  return pcm
}

/** Before the card is opened: what holds up this process then is taken for the card's. In slices, for those who ask meanwhile. */
export const warmUp = async (resamplers: Resamplers, channels: OutputChannels): Promise<void> => {
  const resampler = resamplers.open()
  const limiter = openLimiter()
  const sixteenBits = toSixteenBits()
  const frames = framesOfMs(SLICE_MS)
  const source = noise(frames * 2)
  for (let slice = 0; slice < SLICES; slice += 1) {
    resampler.setRatio(slice % 2 === 0 ? 1 : 1.0001)
    const out = new Float32Array(frames * CHANNELS)
    resampler.process(source.subarray(0, resampler.inputFor(frames) * CHANNELS), out, frames)
    const mix = silence(frames)
    addTo(mix, out, frames, [steady(0.9), rampTo(steady(0), 1, SLICE_MS)])
    addTo(mix, out, frames, [steady(0.9), rampTo(steady(1), 0, SLICE_MS, 'power')])
    intoZone(mix, channels)
    limiter.process(mix, frames)
    sixteenBits(mix)
    await breathe()
  }
  resampler.close()
}
