/** Who may end a live announcement, and a stop that is faster than its start. */
import type { Origin } from '../player/plan/schedule.ts'
import type { DownlinkOf } from './protocol/downlink.ts'
import { isWithin } from './protocol/topics.ts'

type LiveMessage = DownlinkOf<'live'>
type Speaker = Pick<Origin, 'issuer' | 'authorityArea'>

/** Stops that are remembered, the newest. A start that is overtaken comes within seconds, not after so many others. */
export const STOPS_MAX = 100

/** Its own issuer may end an announcement, and whoever may speak for all of the area of that issuer. */
const mayEnd = (by: Speaker, of: Speaker): boolean =>
  by.issuer === of.issuer || by.authorityArea === '' || isWithin(of.authorityArea, by.authorityArea)

/** Why this message may not touch the announcement of that id which is on air; null: it may, or there is none. */
export const liveFault = (
  { issuer, body }: Pick<LiveMessage, 'issuer' | 'body'>,
  authorityArea: string,
  running: Speaker | null,
): string | null => {
  if (running === null || mayEnd({ issuer, authorityArea }, running)) return null
  return `live ${body.liveId} is spoken by ${running.issuer} for ${running.authorityArea}: ${issuer} may not ${body.action} it`
}

type Stop = Speaker & { liveId: string; issued: string }

export type LiveStops = {
  note: (stop: LiveMessage, authorityArea: string) => void
  /** A stop of this announcement was here already: brokers keep the order within one topic only. */
  hasEnded: (start: LiveMessage, speaker: Speaker) => boolean
}

export const createLiveStops = (): LiveStops => {
  const stops: Stop[] = []
  return {
    note: ({ issuer, issued, body }, authorityArea) => {
      stops.push({ issuer, issued, authorityArea, liveId: body.liveId })
      if (stops.length > STOPS_MAX) stops.shift()
    },
    // A start that was signed after the stop is another announcement under the same name.
    hasEnded: ({ issued, body }, speaker) =>
      stops.some(
        (stop) => stop.liveId === body.liveId && Date.parse(stop.issued) >= Date.parse(issued) && mayEnd(stop, speaker),
      ),
  }
}
