/**
 * A stream as a decoder: several sources, of which the best that sounds is heard. What is decided stands in `sources.ts`; here
 * are the processes, what they have given, and which stretch of sound came from where.
 */
import type { Ride } from '../../player/ports/output.ts'
import type { Cut, Decoder, Mark } from './decoder.ts'
import { faded, rampTo, steady } from './gain.ts'
import { type Intake, type IntakeLimits, openIntake } from './intake.ts'
import { faultOf, type StreamOrder } from './messages.ts'
import { framesIn, framesOfMs, msOfFrames, NOTHING, part, type Pcm, silence } from './pcm.ts'
import { createRider, type Rider } from './rider.ts'
import { openSourceProcess } from './source-process.ts'
import { decideSources, firstSources, labelOf, reasonOf, type SourceEvent, type Which } from './sources.ts'
import { fallbackInput, streamInput } from './stream-input.ts'

export type StreamOptions = {
  ffmpegPath: string
  stream: StreamOrder
  /** Null: it is heard as it comes. */
  ride: Ride | null
  now: () => number
  /** In [0, 1). */
  chance: () => number
  onChange: () => void
}

type Limits = IntakeLimits & {
  beginFrames: number
  /** Nothing comes, and nothing is left, for so long. */
  stallMs: number
}

const RELAY: Limits = {
  beginFrames: framesOfMs(300),
  keepFrames: framesOfMs(500),
  backlog: { framesMax: framesOfMs(1_500), framesLeft: framesOfMs(300), windowMs: 5_000 },
  stallMs: 4_000,
}
/** An official's voice is heard beside the official: what the card holds is nearly all of the delay. */
const ANNOUNCEMENT: Limits = {
  beginFrames: framesOfMs(120),
  keepFrames: framesOfMs(160),
  backlog: { framesMax: framesOfMs(180), framesLeft: framesOfMs(20), windowMs: 2_000 },
  stallMs: 2_000,
}

/** From the connection to the first sound; the first segment of HLS on a slow line takes the longest. */
const CONNECT_MS_MAX = 8_000
/** A source that is tried beside another has really come back when it has sounded for this much, in this time. */
const PROOF_FRAMES = framesOfMs(1_000)
const PROOF_MS = 2_000
/** Memory: 40 s of sound are 7.7 MB. The newest two segments of HLS are well below it. */
const WAITING_FRAMES_MAX = framesOfMs(40_000)
const FALLBACK_FRAMES_MAX = framesOfMs(2_000)
/** A relay is on the air at its second; if it has nothing to give by then, with silence after this. */
const LATE_MS_MAX = 1_000
/** Gaps shorter than this are the line's; longer ones are told. */
const GAP_MS = 2_000
/** A source that has ended is heard to its end; the next one is connected to when so much is left. */
const LAST_FRAMES = framesOfMs(1_000)
/** What has all come in this time is no live sound. */
const AT_ONCE_MS = 1_000
const TICK_MS = 100
const FADE_MS = 5

const secondsOf = (ms: number): string => `${Math.round(ms / 100) / 10} s`

export const startStream = ({ ffmpegPath, stream, ride, now, chance, onChange }: StreamOptions): Decoder => {
  const { sources, fallbackUrl, silenceMs, goneMs } = stream
  const limits = goneMs === null ? RELAY : ANNOUNCEMENT
  const running = new Map<Which, Intake>()
  /** Sound that was taken and given back, or made to bridge a gap: heard before anything else. */
  let returned: Cut[] = []
  /** What failed sources gave before they failed. */
  let draining: { intake: Intake; mark: Mark }[] = []
  let airing: Intake | null = null
  let state = firstSources({
    count: sources.length,
    hasFallback: fallbackUrl !== null,
    isAnnouncement: goneMs !== null,
  })
  let ended: ReturnType<Decoder['ended']> = null
  let isKilled = false
  const openedAtMs = now()
  let gaveAtMs: number | null = null
  let emptySinceMs: number | null = null
  let hasBegun = false
  /** Nothing sounded, or something else did: a jump in the sound would be a click. */
  let isCutIn = true

  const markNow = (): Mark => ({
    source: state.on === null || state.isMuted ? null : labelOf(state.on),
    reason: reasonOf(state),
  })

  const happen = (event: SourceEvent): void => {
    if (isKilled || ended !== null) return
    const { next, effects } = decideSources(state, event, { nowMs: now(), chance: chance() })
    const before = markNow()
    state = next
    for (const effect of effects) {
      const { which } = effect
      if (effect.do === 'start') start(which)
      else if (effect.do === 'drop') drop(which, before)
      else air(which)
    }
  }
  const start = (which: Which) => {
    const source = which === 'fallback' ? undefined : sources[which]
    const input =
      which === 'fallback' && fallbackUrl !== null
        ? fallbackInput(fallbackUrl)
        : source === undefined
          ? null
          : streamInput(source)
    if (input === null) {
      setImmediate(() => happen({ kind: 'failed', which, why: 'it is of a kind that cannot be played' }))
      return
    }
    const process = openSourceProcess({
      ffmpegPath,
      input,
      framesMax: which === 'fallback' ? FALLBACK_FRAMES_MAX : WAITING_FRAMES_MAX,
      now,
      onChange: () => {
        if (running.get(which) === intake) look(which, intake)
        onChange()
      },
    })
    const intake = openIntake(process, limits, now)
    running.set(which, intake)
  }
  const drop = (which: Which, mark: Mark) => {
    const intake = running.get(which)
    if (intake === undefined) return
    running.delete(which)
    if (airing === intake) {
      airing = null
      const tail = levelled(intake.take(framesOfMs(FADE_MS)), mark.source)
      if (hasBegun && tail.length > 0) returned.push({ pcm: faded(tail, rampTo(steady(1), 0, FADE_MS)), mark })
    }
    intake.process.kill()
    intake.process.clear()
  }
  const air = (which: Which) => {
    airing = running.get(which) ?? null
    isCutIn = true
  }
  const fail = (which: Which, intake: Intake, why: string) => {
    if (airing === intake) {
      // What was to be heard live, and is not live any more, is not worth beginning with.
      if (hasBegun) draining.push({ intake, mark: markNow() })
      airing = null
    }
    running.delete(which)
    intake.process.kill()
    happen({ kind: 'failed', which, why })
  }

  /** Something has come from it, or it has ended. */
  const look = (which: Which, intake: Intake) => {
    const { process } = intake
    gaveAtMs = process.lastAtMs() ?? gaveAtMs
    const end = process.ended()
    const isTried = state.trying?.which === which
    const isOnTrial = state.silent.has(which) && process.loudness().soundedFrames === 0
    const isEnough =
      process.frames() >= limits.beginFrames || ((process.isSegmented() || end !== null) && process.frames() > 0)
    if (isTried && isEnough && !isOnTrial && process.isSettled()) happen({ kind: 'gave', which })
    const isProven = silenceMs === null || process.loudness().soundedFrames >= PROOF_FRAMES
    const firstAtMs = process.firstAtMs()
    if (isTried && isProven && firstAtMs !== null && now() - firstAtMs >= PROOF_MS) happen({ kind: 'proved', which })
    if (end === null) return
    const isWhole = firstAtMs !== null && (process.lastAtMs() ?? 0) - firstAtMs < AT_ONCE_MS
    const isUsed = airing === intake && (hasBegun ? process.frames() > LAST_FRAMES : isWhole)
    if (!isUsed) fail(which, intake, end.why ?? 'it ended')
  }

  /** What is wrong with it that no event tells. */
  const wrongWith = (intake: Intake): string | null => {
    const { process } = intake
    const lastAtMs = process.lastAtMs()
    if (lastAtMs === null)
      return now() - process.openedAtMs < CONNECT_MS_MAX ? null : `nothing came for ${secondsOf(CONNECT_MS_MAX)}`
    const hasRunDry = process.frames() === 0 || (airing !== intake && !process.isSegmented())
    const isStalled = !process.isPaused() && hasRunDry && now() - lastAtMs >= limits.stallMs
    return isStalled ? `it stalled for ${secondsOf(limits.stallMs)}` : null
  }
  const isSilent = (intake: Intake): boolean => {
    if (silenceMs === null) return false
    if (airing === intake) return msOfFrames(intake.loudness().silentFrames) >= silenceMs
    const { process } = intake
    const firstAtMs = process.firstAtMs()
    // What waits until it is taken is decoded far ahead: how much of that is silent tells nothing of time that has passed.
    const hasLasted = !process.isOnDemand() && firstAtMs !== null && now() - firstAtMs >= silenceMs
    return hasLasted && msOfFrames(process.loudness().silentFrames) >= silenceMs
  }
  const tick = () => {
    for (const [which, intake] of [...running]) {
      if (airing !== intake || !hasBegun) intake.keepNewest()
      const wrong = wrongWith(intake)
      if (wrong !== null) fail(which, intake, wrong)
      else if (which !== 'fallback' && !state.isMuted && isSilent(intake))
        happen({ kind: 'silent', which, why: `silent for ${secondsOf(silenceMs ?? 0)}` })
      else if (state.isMuted && intake.loudness().silentFrames === 0) happen({ kind: 'sounds', which })
      else look(which, intake)
    }
    happen({ kind: 'tick' })
    giveUpIfGone()
    onChange()
  }
  const giveUpIfGone = () => {
    if (goneMs === null || ended !== null) return
    // Gone is the proper end of an announcement; one that never was there has failed, once it had the time to connect.
    const patienceMs = gaveAtMs === null ? Math.max(goneMs, CONNECT_MS_MAX) : goneMs
    if (now() - (gaveAtMs ?? openedAtMs) < patienceMs) return
    const why = reasonOf(state) ?? `nothing came for ${secondsOf(patienceMs)}`
    stop({ fault: gaveAtMs === null ? faultOf('stream-failed', why) : null })
  }
  const stop = (end: ReturnType<Decoder['ended']>) => {
    clearInterval(timer)
    ended = end
    for (const { process } of running.values()) process.kill()
  }

  const frames = () =>
    returned.reduce((sum, { pcm }) => sum + framesIn(pcm), 0) +
    draining.reduce((sum, { intake }) => sum + intake.process.frames(), 0) +
    (airing?.process.frames() ?? 0)

  const takeReturned = (framesMax: number): Cut | null => {
    const [first] = returned
    if (first === undefined) return null
    const pcm = part(first.pcm, 0, framesMax)
    const rest = first.pcm.subarray(pcm.length)
    returned = [...(rest.length > 0 ? [{ ...first, pcm: rest }] : []), ...returned.slice(1)]
    return { ...first, pcm }
  }
  /** Each source has a fader of its own, which stays where it was for when it comes back. */
  const riders = new Map<string | null, Rider>()
  const levelled = (pcm: Pcm, source: string | null): Pcm => {
    if (ride === null) return pcm
    const rider = riders.get(source) ?? createRider(ride)
    riders.set(source, rider)
    const frames = framesIn(pcm)
    const { fromGain, toGain } = rider.process(pcm, frames)
    return faded(pcm, { from: fromGain, to: toGain, doneFrames: 0, frames, curve: 'line' })
  }
  const take = (framesMax: number): Cut => {
    hasBegun = true
    const again = takeReturned(framesMax)
    if (again !== null) return again
    draining = draining.filter(({ intake }) => intake.process.frames() > 0)
    const [late] = draining
    const mark = late?.mark ?? markNow()
    const taken = (late?.intake ?? airing)?.take(framesMax) ?? NOTHING
    if (taken.length === 0) return { pcm: taken, mark }
    const pcm = levelled(taken, mark.source)
    const isFadedIn = isCutIn && late === undefined
    if (late === undefined) isCutIn = false
    emptySinceMs = null
    return { pcm: isFadedIn ? faded(pcm, rampTo(steady(0), 1, FADE_MS)) : pcm, mark }
  }

  const timer = setInterval(tick, TICK_MS)
  happen({ kind: 'begin' })
  return {
    queue: {
      frames,
      take,
      unread: (cut) => {
        if (cut.pcm.length > 0) returned.unshift(cut)
      },
      clear: () => {
        returned = []
        draining = []
      },
    },
    isReady: (lateMs) =>
      ended !== null || (state.on !== null && frames() > 0) || (goneMs === null && lateMs >= LATE_MS_MAX),
    ended: () => ended,
    resume: () => undefined,
    bridge: (framesMissing) => {
      if (ended !== null || frames() > 0) return
      emptySinceMs ??= now()
      isCutIn = true
      const isGap = state.on !== null && now() - emptySinceMs < GAP_MS
      const mark = markNow()
      const reason = mark.reason ?? `nothing has come for ${secondsOf(now() - emptySinceMs)}`
      returned.push({ pcm: silence(framesMissing), mark: isGap ? mark : { source: null, reason } })
    },
    kill: () => {
      if (isKilled) return
      isKilled = true
      clearInterval(timer)
      for (const { process } of running.values()) {
        process.kill()
        process.clear()
      }
      returned = []
      draining = []
      airing = null
    },
  }
}
