/**
 * What the store holds is taken up again at boot. Each message is verified again, signature and all, so that whoever wrote
 * into the database still cannot speak; expiry and replay were judged when it was received. Orders come first, at once: a
 * box must be able to sound an alert a second after its start, however many programmes it holds. Schedules and manifests
 * follow beside the loop.
 */
import { wallMs } from '../player/plan/time.ts'
import type { AcceptedMessage } from './ports/state-store.ts'
import { translate, type ReceiveNeeds } from './receive.ts'
import type { Breathe } from './slices.ts'
import { readToken } from './token-parts.ts'
import type { Translated } from './translate.ts'
import type { Verified } from './verify.ts'

export type Recalled =
  | { kind: 'right'; row: AcceptedMessage; verified: Verified; translated: Translated | null }
  | { kind: 'wrong'; row: AcceptedMessage; detail: string }

export type RecallNeeds = Pick<ReceiveNeeds, 'verify' | 'store' | 'orders' | 'listener' | 'clock'>

/** Changes nothing. */
export const recall = async (needs: RecallNeeds, row: AcceptedMessage, pause: Breathe): Promise<Recalled> => {
  const { verify, store, orders, listener } = needs
  const circumstances = {
    listener,
    now: row.receivedAt,
    trust: 'unsynced' as const,
    clockFloor: wallMs(0),
    isRevoked: orders.isRevoked,
    lastAccepted: () => null,
  }
  const judgement = await verify(await readToken(store, row, pause), circumstances, pause)
  if (judgement.kind === 'refused') return { kind: 'wrong', row, detail: `${judgement.reason}: ${judgement.detail}` }
  const translation = await translate(judgement, needs.clock.wall(), pause)
  if (translation?.kind === 'wrong') return { kind: 'wrong', row, detail: translation.detail }
  return { kind: 'right', row, verified: judgement, translated: translation }
}

/** Null: it is in force again. Else why it was dropped. */
export const takeUp = ({ store, orders }: Pick<RecallNeeds, 'store' | 'orders'>, recalled: Recalled): string | null => {
  const { row } = recalled
  const drop = (detail: string): string => {
    store.drop(row.messageId)
    return detail
  }
  if (recalled.kind === 'wrong') return drop(recalled.detail)
  const { verified, translated } = recalled
  // It was read beside the loop; a revocation may have come in since.
  if (verified.delegation !== null && orders.isRevoked(verified.delegation.key.x)) return drop('its key is revoked')
  const fault = orders.check(verified)
  if (fault !== null) return drop(fault)
  const taken = orders.take(verified, row, translated)
  if (taken.kind === 'current') for (const messageId of taken.dropped) store.drop(messageId)
  return null
}

const isLater = ({ kind }: AcceptedMessage): boolean => kind === 'schedule' || kind === 'media'

/** What is taken up at once, in this order, and what follows beside the loop. */
export const inOrderOfRecall = (rows: readonly AcceptedMessage[]) => ({
  // Revocations first: a key that was revoked does not speak again after a reboot.
  now: rows
    .filter((row) => !isLater(row))
    .toSorted((a, b) => Number(b.kind === 'revocation') - Number(a.kind === 'revocation')),
  later: rows.filter(isLater),
})
