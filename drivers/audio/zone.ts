/** An output on one channel of its card: everything in one, and exact silence in the other. Pure. */
import { CHANNELS, framesIn, type Pcm } from './pcm.ts'

export type OutputChannels = 'both' | 'left' | 'right'

/** What of each channel is this output's own sound, once it is in its zone; together 1. */
export const ownShares = (channels: OutputChannels): readonly [left: number, right: number] =>
  channels === 'both' ? [0.5, 0.5] : channels === 'left' ? [1, 0] : [0, 1]

/**
 * In place. Half of each: what is the same in both keeps its level, and no peak grows. Two unlike channels lose 3 dB of their power
 * together, as everywhere where stereo is heard in mono.
 */
export const intoZone = (pcm: Pcm, channels: OutputChannels): void => {
  if (channels === 'both') return
  const [left, right] = ownShares(channels)
  for (let at = 0; at < framesIn(pcm) * CHANNELS; at += CHANNELS) {
    const mono = ((pcm[at] ?? 0) + (pcm[at + 1] ?? 0)) / 2
    pcm[at] = mono * left
    pcm[at + 1] = mono * right
  }
}
