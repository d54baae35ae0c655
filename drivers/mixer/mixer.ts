/**
 * Keeps the control of a card where it was calibrated. The agent owns it and moves it never: every change of level is made in
 * the numbers, where it is exact and cannot click. What this guards against is the world: a reboot that restores 40 %, a key
 * that somebody pressed, a desktop that mutes what it does not know.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import { described, isSame, readControl, standsAt, type Level, type Reading } from './reading.ts'

/** A mute is heard as silence: a minute of it is a programme lost, a second would be a process every second. */
export const CHECK_MS = 60_000
/** Each item of a programme begins a play; looking at the card that often finds nothing new. */
const FRESH_MS = 5_000
/** It takes ten milliseconds; a sound server that hangs must not gather processes. */
const AMIXER_MS_MAX = 5_000
const WORDS_MAX = 20_000

export type MixerOptions = {
  device: string
  /** As `amixer scontrols` names it. */
  control: string
  level: Level
  clock: Pick<Clock, 'after' | 'elapsed'>
  events: {
    /** It cannot be set, or somebody else has turned it. The same is told once. */
    fault: (detail: string) => void
    /** After a fault: it stands where it shall, and nobody has touched it since it was looked at last. */
    well: () => void
  }
  env?: NodeJS.ProcessEnv
  program?: string
}

/** Where the control stands, for a person. */
export type Standing = {
  control: string
  device: string
  /** `-6 dB`, `100 %`. */
  wanted: string
  /** As it was read last; null: it never could be. */
  found: string | null
  /** What the newest look had to say against it. */
  fault: string | null
}

export type Mixer = {
  standing: () => Standing
  /** Sound begins: looks again, unless it has just done so. */
  soundBegins: () => void
  /** Reads the control, sets it where it stands otherwise, and tells. Of several at once there is one. */
  check: () => Promise<void>
  close: () => Promise<void>
}

const run = promisify(execFile)

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const complaintOf = (error: unknown): string => {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : ''
  return (said === '' && error instanceof Error ? error.message : said).replace(/\s+/g, ' ').slice(0, 300)
}

const wantedBy = (level: Level): { argument: string; text: string } =>
  level.kind === 'db'
    ? { argument: `${level.levelDb}dB`, text: `${level.levelDb} dB` }
    : { argument: `${level.levelPercent}%`, text: `${level.levelPercent} %` }

export const openMixer = (options: MixerOptions): Mixer => {
  const { device, control, level, clock, events, env = process.env, program = 'amixer' } = options
  const wanted = wantedBy(level)
  const name = `the control ${control} of the mixer ${device}`
  const abort = new AbortController()
  let settled: Reading | null = null
  let checking: Promise<void> | null = null
  let told: string | null = null
  let checkedAt: number | null = null
  let timer: Timer | null = null

  /** After `--` nothing is an option: neither a level below zero nor a name that begins with a dash. */
  const amixer = async (...command: string[]): Promise<string> => {
    const limits = {
      timeout: AMIXER_MS_MAX,
      maxBuffer: WORDS_MAX,
      killSignal: 'SIGKILL',
      signal: abort.signal,
    } as const
    // The words that are read here are those of the C locale.
    const inC = { ...env, LC_ALL: 'C' }
    return (await run(program, ['-D', device, '--', ...command], { ...limits, env: inC })).stdout
  }
  const read = async (): Promise<Reading> => {
    const reading = readControl(await amixer('sget', control))
    if (reading === null)
      throw new Error(`${name} has no level for playback; \`amixer -D ${device} scontrols\` lists others`)
    if (level.kind === 'db' && reading.channels.some(({ levelDb }) => levelDb === null))
      throw new Error(`${name} does not know decibels: give levelPercent instead of levelDb`)
    return reading
  }
  const set = async ({ hasSwitch }: Reading): Promise<Reading> => {
    await amixer('sset', control, wanted.argument, ...(hasSwitch ? ['unmute'] : []))
    return read()
  }
  const look = async (): Promise<string | null> => {
    const found = await read()
    const isUntouched = settled === null ? standsAt(found, level) : isSame(found, settled)
    if (isUntouched) {
      settled = found
      return null
    }
    const now = await set(found)
    if (!standsAt(now, level)) return `${name} was told ${wanted.text} and stands at ${described(now)}`
    // What an earlier run, or a reboot, has left is put right at the first look; after it, somebody else is turning it.
    const isFirst = settled === null
    settled = now
    return isFirst
      ? null
      : `${name} was turned to ${described(found)} by somebody else; it was set back to ${wanted.text}`
  }
  const check = async (): Promise<void> => {
    const fault = await look().catch((error: unknown) =>
      isMissing(error) ? `${program} is missing: install alsa-utils` : `${name} cannot be set: ${complaintOf(error)}`,
    )
    checkedAt = clock.elapsed()
    if (abort.signal.aborted || fault === told) return
    told = fault
    if (fault === null) events.well()
    else events.fault(fault)
  }
  const checkOnce = (): Promise<void> => (checking ??= check().finally(() => (checking = null)))
  const arm = () => {
    timer = clock.after('mixer', CHECK_MS, () => {
      void checkOnce()
      arm()
    })
  }
  arm()
  void checkOnce()
  return {
    check: checkOnce,
    standing: () => ({
      ...{ control, device, wanted: wanted.text, fault: told },
      found: settled === null ? null : described(settled),
    }),
    soundBegins: () => {
      if (checkedAt === null || clock.elapsed() - checkedAt >= FRESH_MS) void checkOnce()
    },
    close: async () => {
      timer?.cancel()
      abort.abort()
      await checking
    },
  }
}
