/**
 * What is heard of an alert: the siren at once, its words when they are there. The recording that the alert points to is fetched
 * and its text is spoken side by side; the recording is preferred, but nobody waits for it longer than `RECORDING_WAIT_MS`.
 */
import type { Item, Part } from '../player/plan/schedule.ts'
import type { Clock, Timer } from '../player/ports/clock.ts'
import { keptSpeech, speakAndKeep } from './kept-speech.ts'
import type {
  FetchedResource,
  Resources,
  Siren,
  Speech,
  StoredSound,
  Utterance,
  WantedResource,
} from './ports/alert-sound.ts'
import type { MediaStore } from './ports/media-store.ts'
import { keepSiren, type Sirens } from './siren.ts'

/** After this the text is spoken if the recording is not here; one that comes later still takes its place. */
export const RECORDING_WAIT_MS = 20_000
/** A recording that the network did not give is asked for again: after 5 s, doubled to at most 5 minutes. */
export const RETRY_MS = 5_000
const RETRY_MS_MAX = 300_000
/** Two hours and more; an alert that is still in force then has been heard in its text often enough. */
const RETRIES_MAX = 30
/** At once; a small box speaks one text at a time, and its line carries few files. */
const SPEAKING_MAX = 1
const FETCHING_MAX = 4
const DETAIL_LENGTH_MAX = 500

export type SoundPlan = { siren: Siren | null; resource: WantedResource | null; text: string; language: string }

/** Called by the loop alone. */
export type AlertSounds = {
  /** Begins to get these sounds; returns at once. The same plan again changes nothing, another one begins anew. */
  prepare: (key: string, plan: SoundPlan) => void
  /** What is ready now, in the order in which it is to be heard. `isWhole`: there is nothing more to wait for. */
  of: (key: string) => { items: Item[]; isWhole: boolean }
  forget: (key: string) => void
  /** What may not be evicted: the sirens, and the sounds of every alert that is prepared. */
  kept: () => string[]
  /** Ends what is under way. */
  close: () => void
}

export type AlertSoundsEvent =
  | { kind: 'alert-sounds'; key: string }
  | { kind: 'fault'; code: 'alert-words'; subject: string; detail: string }
  | { kind: 'mended'; code: 'alert-words'; subject: string }

export type AlertSoundsNeeds = {
  speech: Speech
  resources: Resources
  mediaStore: Pick<MediaStore, 'get' | 'findByName' | 'originate'>
  sirens: Sirens
  clock: Pick<Clock, 'after'>
  log: { info: (fields: object, message: string) => void }
  /** Evicts what nothing needs, if there is more in the store than it should hold. */
  trim: () => void
  post: (event: AlertSoundsEvent) => void
}

/** `missing` may still come: it is asked for again until `isFinal`. */
type Words =
  | { kind: 'none' }
  | { kind: 'awaited' }
  | { kind: 'ready'; sound: StoredSound }
  | { kind: 'missing'; error: string; isFinal: boolean }

type Job = {
  key: string
  plan: SoundPlan
  abort: AbortController
  timers: Set<Timer>
  siren: StoredSound | null
  recording: Words
  speech: Words
  /** The recording has been waited for long enough. */
  isOverdue: boolean
  toldFault: string | null
}

/** Lets so many tasks run at once, the others in turn. */
const lane = (tasksMax: number) => {
  let running = 0
  const waiting: (() => void)[] = []
  return async <T>(task: () => Promise<T>): Promise<T> => {
    running += 1
    if (running > tasksMax) await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
}

const itemOf = ({ sha256, durationMs }: StoredSound, part: Part): Item => ({
  content: { kind: 'sound', sha256 },
  durationMs,
  part,
})

/** The recording if it is here, else the text once nobody waits for the recording any more. */
const wordsOf = ({ recording, speech, isOverdue }: Job): Item | null => {
  if (recording.kind === 'ready') return itemOf(recording.sound, 'resource')
  if (recording.kind === 'awaited' && !isOverdue) return null
  return speech.kind === 'ready' ? itemOf(speech.sound, 'speech') : null
}

const isSettled = (words: Words): boolean => words.kind !== 'awaited' && (words.kind !== 'missing' || words.isFinal)

const isWhole = (job: Job): boolean =>
  job.recording.kind === 'ready' ||
  (wordsOf(job) === null ? isSettled(job.recording) && isSettled(job.speech) : job.speech.kind === 'ready')

const faultOf = ({ recording, speech, isOverdue }: Job): string | null => {
  if (recording.kind === 'ready') return null
  const late = recording.kind === 'awaited' && isOverdue ? `has not come within ${RECORDING_WAIT_MS / 1_000} s` : null
  const wrong = recording.kind === 'missing' ? `is missing: ${recording.error}` : late
  const silent = speech.kind === 'missing' ? `its text cannot be spoken: ${speech.error}` : null
  const parts = [...(wrong === null ? [] : [`its recording ${wrong}`]), ...(silent === null ? [] : [silent])]
  return parts.length === 0 ? null : parts.join('; ').slice(0, DETAIL_LENGTH_MAX)
}

const retryMs = (tries: number): number => Math.min(RETRY_MS * 2 ** tries, RETRY_MS_MAX)

const errorOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const createAlertSounds = (needs: AlertSoundsNeeds): AlertSounds => {
  const { speech, resources, mediaStore, sirens, clock, log, trim, post } = needs
  const jobs = new Map<string, Job>()
  const [speaking, fetching] = [lane(SPEAKING_MAX), lane(FETCHING_MAX)]

  const isOver = ({ abort }: Job): boolean => abort.signal.aborted
  const tellFault = (job: Job) => {
    const fault = faultOf(job)
    if (fault === job.toldFault) return
    if (job.toldFault !== null) post({ kind: 'mended', code: 'alert-words', subject: job.key })
    if (fault !== null) post({ kind: 'fault', code: 'alert-words', subject: job.key, detail: fault })
    job.toldFault = fault
  }
  const changed = (job: Job) => {
    tellFault(job)
    trim()
    log.info({ key: job.key, recording: job.recording.kind, speech: job.speech.kind }, 'alert sounds')
    post({ kind: 'alert-sounds', key: job.key })
  }
  const later = (job: Job, name: string, delayMs: number, task: () => void) => {
    const timer = clock.after(name, delayMs, () => {
      job.timers.delete(timer)
      task()
    })
    job.timers.add(timer)
  }

  const utteranceOf = ({ text, language }: SoundPlan): Utterance => ({ text, language, voice: null, isUrgent: true })
  const speak = async ({ plan, abort }: Job): Promise<Words> => {
    const spoken = await speakAndKeep({ speech, mediaStore }, utteranceOf(plan), abort.signal)
    if (spoken.kind === 'failed') return { kind: 'missing', error: spoken.error, isFinal: true }
    return { kind: 'ready', sound: spoken.sound }
  }
  const startSpeech = async (job: Job): Promise<void> => {
    const faulty = (error: unknown): Words => ({ kind: 'missing', error: errorOf(error), isFinal: true })
    const words = await speaking(() => (isOver(job) ? Promise.resolve(job.speech) : speak(job).catch(faulty)))
    if (isOver(job)) return
    job.speech = words
    changed(job)
  }

  const startRecording = async (job: Job, resource: WantedResource, tries: number): Promise<void> => {
    const faulty = (error: unknown): FetchedResource => ({ kind: 'refused', clause: null, error: errorOf(error) })
    const fetched = await fetching(() =>
      isOver(job) ? Promise.resolve(faulty('called off')) : resources.fetch(resource, job.abort.signal).catch(faulty),
    )
    if (isOver(job)) return
    if (fetched.kind === 'fetched') job.recording = { kind: 'ready', sound: fetched.sound }
    else {
      const { clause, error } = fetched
      const isFinal = clause !== null || tries >= RETRIES_MAX
      job.recording = { kind: 'missing', error: clause === null ? error : `${clause}: ${error}`, isFinal }
      if (!isFinal) later(job, 'recording again', retryMs(tries), () => void startRecording(job, resource, tries + 1))
    }
    changed(job)
  }

  /** A database that was damaged began anew, and took the sirens with it: they are made again when they are needed. */
  const startSiren = async (job: Job, siren: Siren): Promise<void> => {
    job.siren = await keepSiren(mediaStore, siren)
    if (!isOver(job)) changed(job)
  }

  const start = (key: string, plan: SoundPlan): Job => {
    const known = plan.siren === null ? null : (sirens.get(plan.siren) ?? null)
    const siren = known !== null && mediaStore.get(known.sha256)?.state === 'ready' ? known : null
    const spoken = plan.text.trim() === '' ? null : keptSpeech({ speech, mediaStore }, utteranceOf(plan))
    const job: Job = {
      key,
      plan,
      abort: new AbortController(),
      timers: new Set(),
      siren,
      recording: { kind: plan.resource === null ? 'none' : 'awaited' },
      speech: spoken === null ? { kind: 'awaited' } : { kind: 'ready', sound: spoken },
      isOverdue: false,
      toldFault: null,
    }
    jobs.set(key, job)
    if (plan.siren !== null && siren === null) void startSiren(job, plan.siren)
    if (plan.text.trim() === '') job.speech = { kind: 'none' }
    else if (spoken === null) void startSpeech(job)
    if (plan.resource === null) return job
    void startRecording(job, plan.resource, 0)
    later(job, 'recording is late', RECORDING_WAIT_MS, () => {
      job.isOverdue = true
      if (job.recording.kind === 'awaited') changed(job)
    })
    return job
  }

  const forget = (key: string): void => {
    const job = jobs.get(key)
    if (job === undefined) return
    jobs.delete(key)
    job.abort.abort()
    for (const timer of job.timers) timer.cancel()
    if (job.toldFault !== null) post({ kind: 'mended', code: 'alert-words', subject: key })
  }

  const itemsOf = (job: Job): Item[] => {
    const words = wordsOf(job)
    return [...(job.siren === null ? [] : [itemOf(job.siren, 'siren')]), ...(words === null ? [] : [words])]
  }

  return {
    prepare: (key, plan) => {
      if (JSON.stringify(jobs.get(key)?.plan) === JSON.stringify(plan)) return
      forget(key)
      start(key, plan)
    },
    of: (key) => {
      const job = jobs.get(key)
      if (job === undefined) return { items: [], isWhole: true }
      const isSirenThere = job.plan.siren === null || job.siren !== null
      return { items: itemsOf(job), isWhole: isSirenThere && isWhole(job) }
    },
    forget,
    kept: () => [
      ...[...sirens.values()].map(({ sha256 }) => sha256),
      ...[...jobs.values()].flatMap((job) =>
        [job.siren, job.recording, job.speech].flatMap((part) => {
          if (part === null) return []
          if ('sha256' in part) return [part.sha256]
          return part.kind === 'ready' ? [part.sound.sha256] : []
        }),
      ),
    ],
    close: () => [...jobs.keys()].forEach(forget),
  }
}
