/** What was sent, as it comes in by quarters of a second, cut into blocks of one second to compare. Pure but for its memory. */
import { BLOCK_SAMPLES, dbOf } from './correlate.ts'
import { highPass } from './high-pass.ts'
import { type MonotonicMs, msOfSamples } from './messages.ts'

export type SentBlock = {
  samples: Float32Array
  /** When its first sample left the horn. */
  at: MonotonicMs
  /** Nothing that could be compared was sent just before: sums of earlier blocks do not belong to it. */
  isFirst: boolean
}

/** A pause of speech is no new beginning; the next item may have another delay. */
const STRETCH_GAP_MS = 1_500
/** Pieces of one stretch follow each other within this; a card's own idea of where it is may move a little. */
const PIECE_GAP_MS = 20
/** More quietly than this nothing is sent that could be heard in a street. */
const QUIET_DB = -60

export type Blocks = { add: (pcm: Float32Array, at: MonotonicMs) => SentBlock[] }

export const createBlocks = (): Blocks => {
  const filter = highPass()
  const gathered = new Float32Array(BLOCK_SAMPLES)
  let count = 0
  let blockAt: MonotonicMs = 0
  let nextAt: MonotonicMs | null = null
  let lastSoundAt: MonotonicMs | null = null

  const finish = (): SentBlock[] => {
    count = 0
    const samples = gathered.slice()
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / BLOCK_SAMPLES
    if (dbOf(power) < QUIET_DB) return []
    const isFirst = lastSoundAt === null || blockAt - lastSoundAt > STRETCH_GAP_MS
    lastSoundAt = blockAt + msOfSamples(BLOCK_SAMPLES)
    return [{ samples, at: blockAt, isFirst }]
  }

  return {
    add: (pcm, at) => {
      if (nextAt === null || Math.abs(at - nextAt) > PIECE_GAP_MS) {
        filter.reset()
        count = 0
      }
      filter.run(pcm)
      nextAt = at + msOfSamples(pcm.length)
      const blocks: SentBlock[] = []
      for (let from = 0; from < pcm.length;) {
        if (count === 0) blockAt = at + msOfSamples(from)
        const piece = pcm.subarray(from, from + BLOCK_SAMPLES - count)
        gathered.set(piece, count)
        count += piece.length
        from += piece.length
        if (count === BLOCK_SAMPLES) blocks.push(...finish())
      }
      return blocks
    },
  }
}
