/**
 * Signed messages that are given to the box itself, through its control socket. Standing in front of the box gives no right
 * to speak: they are judged, kept, obeyed and acknowledged upstream exactly as what the broker brings.
 */
import type { MessageAnswer } from '../config/status.ts'
import type { Received } from './receive.ts'

export type LocalMessage = { token: Buffer; answer: (answer: MessageAnswer) => void }

/** In place of a topic, which proves nothing anyway. */
export const LOCAL_TOPIC = 'local'

const NOTHING_WRONG = { reason: null, detail: null, lastSequence: null }

/** The inbox is full: the box is far behind, and says so instead of obeying minutes later. */
export const BUSY: MessageAnswer = { outcome: 'busy', ...NOTHING_WRONG }

export const answerOf = (received: Received): MessageAnswer => {
  switch (received.kind) {
    case 'obeyed':
      return { outcome: 'accepted', ...NOTHING_WRONG }
    case 'nothing':
      return { outcome: 'duplicate', ...NOTHING_WRONG }
    case 'refused': {
      const { reason, detail, lastSequence = null } = received.refusal
      return { outcome: 'refused', reason, detail, lastSequence }
    }
  }
}
