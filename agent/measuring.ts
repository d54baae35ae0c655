/** Which file is measured next. One at a time, what is needed soonest first, and no file twice by the same way of measuring. */
import type { ReadyMedia } from '../player/ports/media.ts'
import type { MediaSource } from '../player/ports/output.ts'
import type { Clock, Timer } from '../player/ports/clock.ts'
import type { Needed } from './fetching.ts'
import type { LoudnessMeter, MeasureOutcome } from './ports/loudness.ts'
import type { MediaRow, MediaStore } from './ports/media-store.ts'

/** A file that could not be measured is left alone after so many tries, until the agent begins anew. */
const TRIES_MAX = 3
const AGAIN_MS = 60_000

export type MeasureEvent = { kind: 'measured'; sha256: string; outcome: MeasureOutcome } | { kind: 'measure-again' }

export type Backlog = { waiting: number; failed: number }

export type Measuring = {
  /** Starts the most needed file that is not measured, if none is under way. */
  next: (needed: Needed) => void
  apply: (event: MeasureEvent) => void
  /** There are files that were not there before. */
  look: () => void
  /** How many files are still to be measured, and of how many that was given up; null: nothing is measured here. */
  backlog: () => Backlog | null
  close: () => Promise<void>
}

type Needs = {
  /** False: nothing is levelled here, and so nothing is measured. */
  isOn: boolean
  store: Pick<MediaStore, 'unmeasured' | 'loudness' | 'setLoudness'>
  media: ReadyMedia
  meter: LoudnessMeter
  /** Never levelled, and so never measured. */
  except: () => ReadonlySet<string>
  /** Files outside the store that are heard: measured when nothing of the store is left to be. */
  others: () => readonly string[]
  clock: Pick<Clock, 'after'>
  log: { info: (fields: object, message: string) => void; warn: (fields: object, message: string) => void }
  post: (event: MeasureEvent) => void
}

const rankOf = ({ sha256 }: MediaRow, { now, scheduled }: Needed): number =>
  now.has(sha256) ? 0 : scheduled.has(sha256) ? 1 : 2

const mayHaveSound = ({ mediaType }: MediaRow): boolean => !mediaType.startsWith('image/')

export const createMeasuring = ({ isOn, store, media, meter, except, others, clock, log, post }: Needs): Measuring => {
  const tries = new Map<string, number>()
  let running: { abort: AbortController; done: Promise<void> } | null = null
  let timer: Timer | null = null
  /** Nothing is left to be measured: the rows are not gone through at every decision. */
  let isIdle = false
  let isOver = !isOn

  const isGivenUp = (sha256: string) => (tries.get(sha256) ?? 0) >= TRIES_MAX
  /** What has no measure yet, whether it will get one or not. */
  const unmeasured = (): { kept: MediaRow[]; strange: string[] } => {
    const excepted = except()
    return {
      kept: store.unmeasured(meter.version).filter((row) => mayHaveSound(row) && !excepted.has(row.sha256)),
      strange: others().filter((sha256) => !excepted.has(sha256) && store.loudness(sha256)?.version !== meter.version),
    }
  }
  const best = (needed: Needed): MediaSource | null => {
    const { kept, strange } = unmeasured()
    const sorted = kept.sort((a, b) => rankOf(a, needed) - rankOf(b, needed) || a.bytes - b.bytes)
    for (const sha256 of [...sorted.map((row) => row.sha256), ...strange]) {
      if (isGivenUp(sha256)) continue
      const source = media.source(sha256)
      if (source !== null) return source
    }
    return null
  }
  const again = () => {
    timer ??= clock.after('measure again', AGAIN_MS, () => {
      timer = null
      post({ kind: 'measure-again' })
    })
  }
  return {
    next: (needed) => {
      if (running !== null || timer !== null || isIdle || isOver) return
      const source = best(needed)
      if (source === null) {
        isIdle = true
        return
      }
      const { sha256 } = source
      const abort = new AbortController()
      const done = meter.measure(source, abort.signal).then((outcome) => post({ kind: 'measured', sha256, outcome }))
      running = { abort, done }
    },
    apply: (event) => {
      if (event.kind === 'measure-again') return
      running = null
      const { sha256, outcome } = event
      if (outcome.kind === 'failed') {
        tries.set(sha256, (tries.get(sha256) ?? 0) + 1)
        log.warn({ sha256, error: outcome.error }, 'loudness not measured')
        again()
        return
      }
      tries.delete(sha256)
      const loudness = outcome.kind === 'measured' ? outcome.loudness : null
      store.setLoudness({ sha256, version: meter.version, loudness })
      log.info(
        { sha256, ...(outcome.kind === 'measured' ? outcome.loudness : { nothing: outcome.reason }) },
        'measured',
      )
    },
    look: () => (isIdle = false),
    backlog: () => {
      if (!isOn) return null
      const { kept, strange } = unmeasured()
      const all = [...kept.map(({ sha256 }) => sha256), ...strange]
      const failed = all.filter(isGivenUp).length
      return { waiting: all.length - failed, failed }
    },
    close: async () => {
      isOver = true
      timer?.cancel()
      running?.abort.abort()
      await running?.done
    },
  }
}
