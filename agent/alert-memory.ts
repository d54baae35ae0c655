/**
 * Which CAP messages were updated or cancelled, and by whom: a feed goes on listing what has ended, and the order in which
 * messages arrive is nobody's. Kept through reboots, since what ended others is not.
 */
import { type Static, Type } from '@sinclair/typebox'
import { wallMs, type WallMs } from '../player/plan/time.ts'
import { STATUSES, identityText, type CapAlert, type CapIdentity } from './cap/alert.ts'
import type { GuardedStore } from './guarded-store.ts'
import { literals } from './protocol/fields.ts'
import { isWithin } from './protocol/topics.ts'
import { parser } from './protocol/validate.ts'

/** The oldest is forgotten first; by then it has expired. */
export const ENDINGS_MAX = 200

const NAME = 'alert-endings'

/** Who speaks: a signed message for an area, or a document that was found, for its sender alone. */
export type Voice = { sender: string; authorityArea: string | null; status: CapAlert['status'] }

const Ending = Type.Object({
  identity: Type.String(),
  sender: Type.String(),
  authorityArea: Type.Union([Type.String(), Type.Null()]),
  status: literals(STATUSES, 'CAP status.'),
  from: Type.Integer(),
})
type Ending = Static<typeof Ending>

const parseEndings = parser(Type.Array(Ending, { maxItems: ENDINGS_MAX }))

/**
 * Signed over unsigned, and of two that are signed the wider area or the same; a document that was found ends what its own
 * sender said. An exercise never ends the real thing.
 */
export const mayEnd = (ender: Voice, target: Voice): boolean => {
  if (ender.status !== target.status) return false
  if (ender.authorityArea === null) return ender.sender === target.sender
  return target.authorityArea === null || isWithin(target.authorityArea, ender.authorityArea)
}

export type AlertMemory = {
  add: (identity: CapIdentity, by: Voice, from: WallMs) => void
  /** From when a message is ended by somebody who may; null: it is not. */
  endedFrom: (identity: CapIdentity, of: Voice) => WallMs | null
}

const recall = (text: string | null): Ending[] => {
  if (text === null) return []
  try {
    const parsed = parseEndings(JSON.parse(text))
    return parsed.kind === 'ok' ? parsed.value : []
  } catch {
    // A value that cannot be read costs at worst an alert that is heard again: no reason to leave the others unheard.
    return []
  }
}

export const createAlertMemory = (store: Pick<GuardedStore, 'getValue' | 'setValue'>): AlertMemory => {
  let endings = recall(store.getValue(NAME))
  return {
    add: (identity, { sender, authorityArea, status }, from) => {
      const text = identityText(identity)
      const isKnown = endings.some(
        (known) =>
          known.identity === text &&
          known.sender === sender &&
          known.authorityArea === authorityArea &&
          known.status === status,
      )
      if (isKnown) return
      endings = [...endings, { identity: text, sender, authorityArea, status, from }].slice(-ENDINGS_MAX)
      store.setValue(NAME, JSON.stringify(endings))
    },
    endedFrom: (identity, of) => {
      const text = identityText(identity)
      const found = endings.filter((ending) => ending.identity === text && mayEnd(ending, of)).map(({ from }) => from)
      return found.length === 0 ? null : wallMs(Math.min(...found))
    },
  }
}
