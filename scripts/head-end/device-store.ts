/** How boxes are: their last state, heartbeats and alarms. */
import { Type } from '@sinclair/typebox'
import { HeartbeatMessage, StateMessage, type AlarmMessage } from '../../agent/protocol/uplink.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { parseWall, wallMs, type WallMs } from '../../player/plan/time.ts'
import type { Db } from './database.ts'

export type Device = {
  device: string
  area: string
  groups: string[]
  state: 'online' | 'offline'
  cause: StateMessage['cause']
  at: WallMs
  outputs: StateMessage['outputs']
  agentVersion: string
  receivedAt: WallMs
}

export type Alarm = {
  device: string
  alarmId: string
  code: string
  subject: string
  detail: string
  raisedAt: WallMs | null
  clearedAt: WallMs | null
}

/** A week of heartbeats of a minute. */
const HEARTBEATS_PER_DEVICE_MAX = 10_080

const StoredParts = Type.Object({ groups: StateMessage.properties.groups, outputs: StateMessage.properties.outputs })
const parseParts = parser(StoredParts)
const parseHeartbeat = parser(HeartbeatMessage)

type DeviceRow = {
  device: string
  area: string
  groups: string
  state: 'online' | 'offline'
  cause: StateMessage['cause']
  bootId: string
  connection: number
  at: number
  outputs: string
  agentVersion: string
  receivedAt: number
}
type AlarmRow = { device: string; alarmId: string; code: string; subject: string; detail: string } & {
  raisedAt: number | null
  clearedAt: number | null
}

const deviceOf = (row: DeviceRow): Device => {
  const parts = parseParts(JSON.parse(`{"groups":${row.groups},"outputs":${row.outputs}}`))
  if (parts.kind === 'malformed') throw new Error(`a stored device is damaged: ${parts.detail}`)
  const { device, area, state, cause, agentVersion } = row
  return {
    device,
    area,
    state,
    cause,
    agentVersion,
    ...parts.value,
    at: wallMs(row.at),
    receivedAt: wallMs(row.receivedAt),
  }
}
const wallOrNull = (value: number | null): WallMs | null => (value === null ? null : wallMs(value))

export const deviceStore = (db: Db) => {
  const getDevice = db.prepare<[string], DeviceRow>('SELECT * FROM devices WHERE device = ?')
  const setDevice = db.prepare(
    `INSERT OR REPLACE INTO devices VALUES
     (@device, @area, @groups, @state, @cause, @bootId, @connection, @at, @outputs, @agentVersion, @receivedAt)`,
  )
  const devices = db.prepare<[], DeviceRow>('SELECT * FROM devices ORDER BY area, device')
  const addHeartbeat = db.prepare<[string, number, string]>(
    'INSERT INTO heartbeats (device, receivedAt, body) VALUES (?, ?, ?)',
  )
  const pruneHeartbeats = db.prepare<[string, string, number]>(
    `DELETE FROM heartbeats WHERE device = ? AND id <=
     (SELECT id FROM heartbeats WHERE device = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  )
  const heartbeats = db.prepare<[string, number], { body: string }>(
    'SELECT body FROM heartbeats WHERE device = ? ORDER BY id DESC LIMIT ?',
  )
  const getAlarm = db.prepare<[string, string], AlarmRow>('SELECT * FROM alarms WHERE device = ? AND alarmId = ?')
  const setAlarm = db.prepare(
    `INSERT OR REPLACE INTO alarms VALUES (@device, @alarmId, @code, @subject, @detail, @raisedAt, @clearedAt)`,
  )
  const alarms = db.prepare<[], AlarmRow>('SELECT * FROM alarms ORDER BY coalesce(raisedAt, clearedAt), device')

  return {
    takeState: (message: StateMessage, receivedAt: WallMs): 'new' | 'again' => {
      const { bootId, connection, cause, state } = message
      const known = getDevice.get(message.device)
      const same = known?.bootId === bootId && known.connection === connection
      // The will of an earlier connection, come late, must not mark a living box dead.
      if (known?.bootId === bootId && connection < known.connection) return 'again'
      if (same && known.cause === cause && known.state === state) return 'again'
      const { device, area, agentVersion } = message
      const parts = { groups: JSON.stringify(message.groups), outputs: JSON.stringify(message.outputs) }
      const at = parseWall(message.at)
      setDevice.run({ device, area, state, cause, bootId, connection, agentVersion, ...parts, at, receivedAt })
      return 'new'
    },
    takeHeartbeat: (message: HeartbeatMessage, receivedAt: WallMs): 'new' => {
      addHeartbeat.run(message.device, receivedAt, JSON.stringify(message))
      pruneHeartbeats.run(message.device, message.device, HEARTBEATS_PER_DEVICE_MAX)
      return 'new'
    },
    /** Raised and cleared are two messages about one alarm; in whichever order they come, both are kept. */
    takeAlarm: (message: AlarmMessage): 'new' | 'again' => {
      const { device, alarmId, code, subject, detail, state } = message
      const known = getAlarm.get(device, alarmId)
      const at = parseWall(message.at)
      const raisedAt = state === 'raised' ? at : (known?.raisedAt ?? null)
      const clearedAt = state === 'cleared' ? at : (known?.clearedAt ?? null)
      if (known?.raisedAt === raisedAt && known.clearedAt === clearedAt) return 'again'
      setAlarm.run({ device, alarmId, code, subject, detail, raisedAt, clearedAt })
      return 'new'
    },
    devices: (): Device[] => devices.all().map(deviceOf),
    /** Newest first. */
    heartbeats: (device: string, limit = 1): HeartbeatMessage[] =>
      heartbeats.all(device, limit).map(({ body }) => {
        const parsed = parseHeartbeat(JSON.parse(body))
        if (parsed.kind === 'malformed') throw new Error(`a stored heartbeat is damaged: ${parsed.detail}`)
        return parsed.value
      }),
    alarms: (): Alarm[] =>
      alarms.all().map((row) => ({ ...row, raisedAt: wallOrNull(row.raisedAt), clearedAt: wallOrNull(row.clearedAt) })),
  }
}
