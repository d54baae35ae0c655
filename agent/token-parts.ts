/**
 * The text of a long message in the state database. In one row, its write would hold the loop up for as long as the card needs
 * for megabytes; so it is written bit by bit before the message is accepted, and what is accepted then is one small row.
 */
import type { GuardedStore } from './guarded-store.ts'
import type { AcceptedMessage } from './ports/state-store.ts'
import type { Breathe } from './slices.ts'

/** About what a card writes in the time of one commit. */
export const PART_BYTES = 65_536

/** What the row of the message holds: the whole text, or nothing where it lies in parts. */
export const keepToken = async (
  store: Pick<GuardedStore, 'putTokenPart'>,
  messageId: string,
  payload: Buffer,
  pause: Breathe | null,
): Promise<string> => {
  if (pause === null || payload.length <= PART_BYTES) return payload.toString('latin1')
  for (let part = 0; part * PART_BYTES < payload.length; part += 1) {
    const text = payload.toString('latin1', part * PART_BYTES, (part + 1) * PART_BYTES)
    // The row as a whole will be refused as well, and is obeyed all the same: see the guarded store.
    if (!store.putTokenPart(messageId, part, text)) return payload.toString('latin1')
    await pause()
  }
  return ''
}

/** The message as it was received; empty if nothing of it is left. */
export const readToken = async (
  store: Pick<GuardedStore, 'tokenPart'>,
  { messageId, token }: Pick<AcceptedMessage, 'messageId' | 'token'>,
  pause: Breathe,
): Promise<Buffer> => {
  if (token !== '') return Buffer.from(token, 'latin1')
  const parts: Buffer[] = []
  for (let text = store.tokenPart(messageId, 0); text !== null; text = store.tokenPart(messageId, parts.length)) {
    parts.push(Buffer.from(text, 'latin1'))
    await pause()
  }
  return Buffer.concat(parts)
}

/** Text of messages that are not held any more, or of one that the power did not let come so far. */
export const dropOrphans = async (store: Pick<GuardedStore, 'dropTokenPart'>, pause: Breathe): Promise<void> => {
  while (store.dropTokenPart()) await pause()
}
