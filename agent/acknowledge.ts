/** Tells upstream what became of a message, and keeps a flood of forgeries from wearing the card out. */
import { formatUtc, type WallMs } from '../player/plan/time.ts'
import type { ClockTrust } from '../player/ports/clock.ts'
import type { GuardedStore } from './guarded-store.ts'
import { PROTOCOL_VERSION } from './protocol/fields.ts'
import type { AcknowledgementMessage } from './protocol/uplink.ts'
import type { Refusal } from './verify.ts'

/** Refusals written per minute; the others are counted, and the count is told. */
export const REFUSALS_PER_MINUTE_MAX = 60

const MINUTE_MS = 60_000

export type Outcome = Pick<
  AcknowledgementMessage,
  'messageId' | 'messageHash' | 'issuer' | 'kind' | 'sequence' | 'outcome' | 'reason' | 'detail' | 'overlaps'
>

export type Acknowledge = {
  tell: (outcome: Outcome) => void
  /** False: over the limit, only counted. */
  refuse: (refusal: Refusal, messageHash: string | null) => boolean
  /** Refusals that were not told one by one since the agent began. */
  untold: () => number
}

type Needs = {
  device: string
  store: Pick<GuardedStore, 'enqueue' | 'epoch'>
  now: () => WallMs
  trust: () => ClockTrust
  elapsedMs: () => number
}

export const createAcknowledge = ({ device, store, now, trust, elapsedMs }: Needs): Acknowledge => {
  let windowStart = -MINUTE_MS
  let inWindow = 0
  let untold = 0
  const tell = (outcome: Outcome) => {
    store.enqueue('acknowledgement', (position) =>
      JSON.stringify({
        version: PROTOCOL_VERSION,
        device,
        epoch: store.epoch(),
        position,
        at: formatUtc(now()),
        clockTrust: trust(),
        ...outcome,
      } satisfies AcknowledgementMessage),
    )
  }
  return {
    tell,
    refuse: ({ reason, detail, claimed }, messageHash) => {
      const elapsed = elapsedMs()
      if (elapsed - windowStart >= MINUTE_MS) {
        windowStart = elapsed
        inWindow = 0
      }
      inWindow += 1
      if (inWindow > REFUSALS_PER_MINUTE_MAX) {
        untold += 1
        return false
      }
      const { messageId, issuer, messageKind, sequence } = claimed
      tell({ messageId, messageHash, issuer, kind: messageKind, sequence, outcome: 'refused', reason, detail })
      return true
    },
    untold: () => untold,
  }
}
