/** Which MQTT to speak. 5 where the broker has it; 3.1.1 after it refused 5, for a while, since a broker gets updated. */
import { type ElapsedMs, elapsedMs } from '../../player/plan/time.ts'

export type ProtocolVersion = 4 | 5

/** How a try ended, as far as the version is concerned. */
export type VersionHint =
  /** The broker said that it does not speak this version. */
  | 'refused'
  /** It hung up on CONNECT without a word, as old brokers do; so does one that is just going down. */
  | 'hung-up'
  /** Nothing that the version could have caused. */
  | 'unrelated'

export type VersionMemory = { speak: ProtocolVersion; until: ElapsedMs | null }

const AFTER_REFUSAL_MS = 24 * 3_600_000
const AFTER_HANG_UP_MS = 10 * 60_000

export const firstVersion: VersionMemory = { speak: 5, until: null }

/** What is spoken at `now`: a fallback ends by itself, and shows at the next connection. */
export const versionAt = (memory: VersionMemory, now: ElapsedMs): ProtocolVersion =>
  memory.until !== null && now >= memory.until ? 5 : memory.speak

export const afterFailure = (
  tried: ProtocolVersion,
  hint: VersionHint,
  memory: VersionMemory,
  now: ElapsedMs,
): VersionMemory => {
  if (hint === 'unrelated') return memory
  if (tried === 4) return firstVersion
  return { speak: 4, until: elapsedMs(now + (hint === 'refused' ? AFTER_REFUSAL_MS : AFTER_HANG_UP_MS)) }
}
