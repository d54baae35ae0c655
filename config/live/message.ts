/** The signed messages by which an announcement at the box begins and ends: the same as a head-end sends, for one box. */
import { CompactSign } from 'jose'
import type { Speaker } from './speaker.ts'

export type LiveStart = {
  action: 'start'
  liveId: string
  title: string
  source: { url: string }
  maxMs: number
  goneMs: number
  outputs?: string[]
  /** Spoken over what it wins over, turned down as the box does where nothing is said. */
  over?: Record<string, never>
}
export type LiveStop = { action: 'stop'; liveId: string }

export type LiveDraft = {
  device: string
  body: LiveStart | LiveStop
  messageId: string
  /** Milliseconds since 1970; the sequence is at least this, so that a key that is used at several boxes never repeats. */
  at: number
  /** What the sequence has to be above. */
  after: number
}

/** The end of an announcement that comes later than this is of no use any more. */
const STOP_MS_VALID = 300_000

const utc = (at: number): string => new Date(at).toISOString()

export const signLive = async (
  { issuer, key, delegation }: Speaker,
  { device, body, messageId, at, after }: LiveDraft,
): Promise<{ token: string; sequence: number }> => {
  const sequence = Math.max(at, after + 1)
  const message = {
    version: 1,
    kind: 'live',
    messageId,
    issuer,
    target: { device },
    sequence,
    issued: utc(at),
    expires: utc(at + (body.action === 'start' ? body.maxMs : STOP_MS_VALID)),
    body,
  }
  const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(message)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'loa+jws', kid: issuer, delegation })
    .sign(key)
  return { token, sequence }
}
