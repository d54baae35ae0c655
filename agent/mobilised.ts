/**
 * Takeovers in force (huy động, trưng dụng): begun by a signed order, repeated until its stated end, ended before it only by
 * the same issuer or by one of a wider area.
 *
 * The end is a moment of the calendar. While the clock may not be believed, a takeover lasts by the elapsed clock instead: as
 * long as it still had to last at the latest moment that is known to be past, which is when the order was issued or the floor
 * of the clock. So a box with a wrong clock neither keeps a board for ever nor gives it back at once; and since the floor rises
 * with the elapsed time of each boot, it ends however often the power goes.
 */
import type { Origin, Override } from '../player/plan/schedule.ts'
import { addMs, elapsedMs, parseWall, wallMs, type ElapsedMs, type WallMs } from '../player/plan/time.ts'
import type { ClockTrust } from '../player/ports/clock.ts'
import { createBegan, type Moment } from './began.ts'
import type { CommandBody } from './protocol/downlink.ts'
import { isWithin } from './protocol/topics.ts'

export type OrderMoment = Moment & { trust: ClockTrust; floor: WallMs }

type MobiliseBody = Extract<CommandBody, { action: 'mobilise' }>

export type Mobilised = {
  /** The same order again, with another end or other items, takes the place of the one before. */
  begin: (
    order: { body: MobiliseBody; override: Override; issued: string; messageId: string },
    now: OrderMoment,
  ) => string[]
  /** Ends what the speaker may end under that name; returns the messages that carried it. */
  release: (orderId: string, speaker: Pick<Origin, 'issuer' | 'authorityArea'>) => string[]
  /** Ends what is over; returns the messages that carried it. */
  endPast: (now: OrderMoment) => string[]
  overrides: (now: OrderMoment) => Override[]
  size: () => number
}

type Held = {
  orderId: string
  messageId: string
  override: Override
  began: (now: Moment) => WallMs
  until: WallMs
  /** When it ends for a box that does not know the time. */
  untilElapsed: ElapsedMs
}

const endOf = ({ until, untilElapsed }: Held, { wall, elapsed, trust }: OrderMoment): WallMs =>
  trust === 'unsynced' ? addMs(wall, Math.round(untilElapsed - elapsed)) : until

/** An issuer of the same area is not above its neighbour; one of a wider area is. */
const mayEnd = (speaker: Pick<Origin, 'issuer' | 'authorityArea'>, { origin }: Override): boolean =>
  speaker.issuer === origin.issuer ||
  (speaker.authorityArea !== origin.authorityArea && isWithin(origin.authorityArea, speaker.authorityArea))

export const createMobilised = (): Mobilised => {
  const held = new Map<string, Held>()
  const endAll = (isOver: (one: Held) => boolean): string[] =>
    [...held].flatMap(([key, one]) => {
      if (!isOver(one)) return []
      held.delete(key)
      return [one.messageId]
    })
  return {
    begin: ({ body, override, issued, messageId }, now) => {
      const { orderId } = body
      const { issuer } = override.origin
      const dropped = endAll((one) => one.orderId === orderId && one.override.origin.issuer === issuer)
      const until = parseWall(body.until)
      const knownPast = wallMs(Math.max(parseWall(issued), now.floor))
      held.set(`${issuer}|${orderId}`, {
        orderId,
        messageId,
        override,
        began: createBegan(override.startsAt, now),
        until,
        untilElapsed: elapsedMs(now.elapsed + Math.max(0, until - knownPast)),
      })
      return dropped
    },
    release: (orderId, speaker) => endAll((one) => one.orderId === orderId && mayEnd(speaker, one.override)),
    endPast: (now) => endAll((one) => now.wall >= endOf(one, now)),
    overrides: (now) =>
      [...held.values()].map((one) => ({ ...one.override, startsAt: one.began(now), until: endOf(one, now) })),
    size: () => held.size,
  }
}
