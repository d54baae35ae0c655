/** One event, one readable line. Pure. What boxes wrote is stripped of control characters: a terminal obeys those. */
import type { HeartbeatMessage } from '../../agent/protocol/uplink.ts'
import { parseWall, type WallMs } from '../../player/plan/time.ts'
import type { ChainBreak } from './chain-check.ts'
import { localClock, localDate } from './local-time.ts'
import type { HeadEndEvent } from './receive.ts'
import type { Uplink, UplinkMessage } from './uplink-read.ts'
import type { Words } from './words.ts'

export type Voice = { words: Words; timeZone: string }

const LINE_CHARACTERS_MAX = 400

export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(0, LINE_CHARACTERS_MAX)

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export const lateText = (words: Words, ms: number): string => (ms < 0 ? words.early(-ms) : words.late(ms))

const recordLine = ({ record }: UplinkMessage<'record'>, { words, timeZone }: Voice): string => {
  const start = localClock(parseWall(record.actualStart ?? record.plannedStart), timeZone)
  const how = words.ended[record.ended]
  const detail = record.endedDetail === null ? '' : ` (${record.endedDetail})`
  const late =
    record.actualStart === null
      ? words.notHeard
      : `${words.heard} ${seconds(record.heardMs)}, ${lateText(words, parseWall(record.actualStart) - parseWall(record.plannedStart))}`
  return `${record.device}/${record.output} #${record.sequence} ${start} “${record.title}” [${record.priority}] ${late}, ${how}${detail}`
}

const heartbeatLine = (message: HeartbeatMessage, { words }: Voice): string => {
  const outputs = message.outputs.map(({ id, state, playing, gainDb }) => {
    const what = playing === null ? words.nothingPlays : `“${playing.title}” ${seconds(playing.heardMs)}`
    return `${id} ${state}: ${what}, ${words.volume} ${gainDb} dB`
  })
  const { cache, outbox, faults, clock } = message
  const parts = [
    ...outputs,
    words.filesReady(cache.readyFiles, cache.wantedFiles),
    `${words.clock} ${clock.trust}`,
    ...(outbox.waiting > 0 ? [`${words.outboxWaiting} ${outbox.waiting}`] : []),
    ...(faults.length > 0
      ? [`${words.faults}: ${faults.map(({ code, subject }) => `${code} ${subject}`).join(', ')}`]
      : []),
  ]
  return `${message.device} ${parts.join('; ')}`
}

/** The first few, so that the line can still be read; the whole list is in the database. */
const OVERLAPS_SHOWN_MAX = 3

const overlapsText = (
  { count, first }: NonNullable<UplinkMessage<'acknowledgement'>['overlaps']>,
  { words, timeZone }: Voice,
): string => {
  const shown = first.slice(0, OVERLAPS_SHOWN_MAX).map(({ output, at, plays, waits }) => {
    const moment = `${localDate(parseWall(at), timeZone)} ${localClock(parseWall(at), timeZone)}`
    return words.overlap({ output, moment, plays, waits })
  })
  return `${words.overlaps(count)}: ${shown.join('; ')}`
}

const uplinkLine = (uplink: Uplink, voice: Voice): string => {
  const { words } = voice
  switch (uplink.kind) {
    case 'state': {
      const { device, state, cause, outputs, area, agentVersion } = uplink.message
      const names = outputs.map(({ id, medium }) => `${id} (${medium})`).join(', ')
      return `${device} ${state === 'online' ? words.online : words.offline}: ${words.causes[cause]}; ${words.area} ${area}; ${names}; ${agentVersion}`
    }
    case 'heartbeat':
      return heartbeatLine(uplink.message, voice)
    case 'record':
      return recordLine(uplink.message, voice)
    case 'alarm': {
      const { device, state, code, subject, detail } = uplink.message
      return `${device} ${state === 'raised' ? words.alarmRaised : words.alarmCleared}: ${code} ${subject}: ${detail}`
    }
    case 'acknowledgement': {
      const { device, outcome, reason, kind, issuer, sequence, detail, overlaps } = uplink.message
      const what = kind === null ? words.unreadMessage : `${kind} ${issuer ?? ''} ${sequence ?? ''}`.trim()
      const clashes = overlaps === undefined ? null : overlapsText(overlaps, voice)
      return [`${device} ${words.outcomes[outcome]}: ${what}`, reason, detail, clashes]
        .filter((part) => part !== null)
        .join(' – ')
    }
  }
}

export const breakText = ({ device, reason, sequence, missingFrom }: ChainBreak, words: Words): string => {
  const last = reason === 'behind' ? sequence : sequence - 1
  const gone = missingFrom === null ? `#${sequence}` : missingFrom === last ? `#${last}` : `#${missingFrom}–#${last}`
  return `${device} ${words.chain[reason]} (${gone})`
}

const eventText = (event: HeadEndEvent, voice: Voice): string | null => {
  const { words } = voice
  switch (event.kind) {
    case 'uplink': {
      const note = event.taken === 'new' ? '' : ` (${words[event.taken]})`
      return `${uplinkLine(event.uplink, voice)}${note}`
    }
    case 'refused':
      return `${words.refusedUplink} (${event.topic}, ${event.bytes} B): ${event.detail}`
    case 'chain-break':
      return breakText(event.fault, words)
    case 'receipt':
      return null
    case 'receipt-failed':
      return `${event.device} ${words.receiptFailed}: ${event.detail}`
    case 'overloaded':
      return words.overloaded(event.dropped)
    case 'line':
      return event.connected ? words.lineUp : words.lineDown
  }
}

/** `2026-11-21 05:30:02  what happened`; null for what a person need not see. */
export const eventLine = (event: HeadEndEvent, at: WallMs, voice: Voice): string | null => {
  const text = eventText(event, voice)
  if (text === null) return null
  return `${localDate(at, voice.timeZone)} ${localClock(at, voice.timeZone)}  ${printable(text)}`
}
