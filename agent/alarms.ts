/** What a person should know of: raised once, cleared once, told reliably, listed in every heartbeat. */
import { formatUtc, type WallMs } from '../player/plan/time.ts'
import type { ClockTrust } from '../player/ports/clock.ts'
import type { GuardedStore } from './guarded-store.ts'
import { PROTOCOL_VERSION } from './protocol/fields.ts'
import type { AlarmMessage } from './protocol/uplink.ts'

export type AlarmCode =
  | 'output-absent'
  | 'output-restarting'
  | 'play-failed'
  | 'relay-degraded'
  | 'media-failed'
  | 'media-quota'
  | 'overloaded'
  | 'store-repaired'
  | 'store-failed'
  | 'records-dropped'
  | 'clock-unsynced'
  | 'owner-content'
  | 'alert-words'
  | 'alert-source'
  | 'amplifier-fault'
  | 'mixer'
  | 'not-heard'
  | 'heard-level'
  | 'capture-lost'
  | 'speech-engine'
  | 'speech-item'

export type Alarm = { code: AlarmCode; subject: string; detail: string; since: WallMs }

/** Alarms raised at once; beyond this the oldest is cleared, since a list that nobody can read helps nobody. */
const ALARMS_MAX = 100

export type Alarms = {
  raise: (code: AlarmCode, subject: string, detail: string) => void
  clear: (code: AlarmCode, subject: string) => void
  raised: () => Alarm[]
}

type Needs = {
  device: string
  store: Pick<GuardedStore, 'enqueue' | 'epoch'>
  now: () => WallMs
  trust: () => ClockTrust
  newId: () => string
}

export const createAlarms = ({ device, store, now, trust, newId }: Needs): Alarms => {
  const raised = new Map<string, Alarm & { alarmId: string }>()
  const tell = (alarm: Alarm & { alarmId: string }, state: AlarmMessage['state']) => {
    const { alarmId, code, subject, detail } = alarm
    store.enqueue('alarm', (position) =>
      JSON.stringify({
        version: PROTOCOL_VERSION,
        device,
        epoch: store.epoch(),
        position,
        alarmId,
        at: formatUtc(now()),
        clockTrust: trust(),
        state,
        code,
        subject: subject.slice(0, 200),
        detail: detail.slice(0, 500),
      } satisfies AlarmMessage),
    )
  }
  const clearKey = (key: string) => {
    const alarm = raised.get(key)
    if (alarm === undefined) return
    raised.delete(key)
    tell(alarm, 'cleared')
  }
  return {
    raise: (code, subject, detail) => {
      const key = `${code}|${subject}`
      if (raised.has(key)) return
      const oldest = raised.keys().next()
      if (raised.size >= ALARMS_MAX && oldest.done !== true) clearKey(oldest.value)
      const alarm = { alarmId: newId(), code, subject, detail, since: now() }
      raised.set(key, alarm)
      tell(alarm, 'raised')
    },
    clear: (code, subject) => clearKey(`${code}|${subject}`),
    raised: () => [...raised.values()].map(({ code, subject, detail, since }) => ({ code, subject, detail, since })),
  }
}
