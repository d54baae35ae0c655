/** From the wire to a typed uplink. Pure. The broker binds a topic to its sender's certificate, so the payload must agree. */
import type { Static } from '@sinclair/typebox'
import { DeviceId, AreaPath } from '../../agent/protocol/fields.ts'
import { upTopic } from '../../agent/protocol/topics.ts'
import { UPLINKS, UPLINK_KINDS, type UplinkKind } from '../../agent/protocol/uplink.ts'
import { type Parse, parser } from '../../agent/protocol/validate.ts'

export type UplinkMessage<K extends UplinkKind> = Static<(typeof UPLINKS)[K]>
export type Uplink = { [K in UplinkKind]: { kind: K; area: string; message: UplinkMessage<K> } }[UplinkKind]

/** What a refused message claims about its place in the outbox, where that much can be read. */
export type ClaimedPlace = { device: string; epoch: string; position: number }
export type ReadUplink =
  { kind: 'ok'; uplink: Uplink } | { kind: 'refused'; detail: string; claimed: ClaimedPlace | null }

/** A heartbeat of 16 outputs and 100 faults stays below a quarter of this. */
export const UPLINK_BYTES_MAX = 262_144

const parseDevice = parser(DeviceId)
const parseArea = parser(AreaPath)
const parsePlace = {
  epoch: parser(UPLINKS.record.properties.epoch),
  position: parser(UPLINKS.record.properties.position),
}
const parse: { [K in UplinkKind]: Parse<UplinkMessage<K>> } = {
  state: parser(UPLINKS.state),
  heartbeat: parser(UPLINKS.heartbeat),
  record: parser(UPLINKS.record),
  alarm: parser(UPLINKS.alarm),
  acknowledgement: parser(UPLINKS.acknowledgement),
}

const refused = (detail: string, claimed: ClaimedPlace | null = null): ReadUplink => ({
  kind: 'refused',
  detail,
  claimed,
})

const kindOf = (text: string | undefined): UplinkKind | null => UPLINK_KINDS.find((kind) => kind === text) ?? null

/** `loa/1/up/<kind>/<device>/<area…>`, taken apart and put together again by the one function that makes topics. */
const readTopic = (topic: string): { kind: UplinkKind; device: string; area: string } | null => {
  const [, , , kindText, device = '', ...path] = topic.split('/')
  const kind = kindOf(kindText)
  const area = path.join('/')
  if (kind === null || parseDevice(device).kind !== 'ok' || parseArea(area).kind !== 'ok') return null
  return upTopic(kind, device, area) === topic ? { kind, device, area } : null
}

const claimOf = (value: unknown, device: string): ClaimedPlace | null => {
  if (typeof value !== 'object' || value === null || !('epoch' in value) || !('position' in value)) return null
  const epoch = parsePlace.epoch(value.epoch)
  const position = parsePlace.position(value.position)
  return epoch.kind === 'ok' && position.kind === 'ok' ? { device, epoch: epoch.value, position: position.value } : null
}

const fromJson = (payload: Buffer): { value: unknown } | null => {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) }
  } catch {
    return null
  }
}

const checked = (kind: UplinkKind, area: string, value: unknown): Uplink | string => {
  // Written out, since only so does the compiler tie each kind to its schema.
  switch (kind) {
    case 'state': {
      const parsed = parse.state(value)
      return parsed.kind === 'ok' ? { kind, area, message: parsed.value } : parsed.detail
    }
    case 'heartbeat': {
      const parsed = parse.heartbeat(value)
      return parsed.kind === 'ok' ? { kind, area, message: parsed.value } : parsed.detail
    }
    case 'record': {
      const parsed = parse.record(value)
      return parsed.kind === 'ok' ? { kind, area, message: parsed.value } : parsed.detail
    }
    case 'alarm': {
      const parsed = parse.alarm(value)
      return parsed.kind === 'ok' ? { kind, area, message: parsed.value } : parsed.detail
    }
    case 'acknowledgement': {
      const parsed = parse.acknowledgement(value)
      return parsed.kind === 'ok' ? { kind, area, message: parsed.value } : parsed.detail
    }
  }
}

export const readUplink = (topic: string, payload: Buffer): ReadUplink => {
  const place = readTopic(topic)
  if (place === null) return refused('the topic is not of this protocol')
  if (payload.length > UPLINK_BYTES_MAX) return refused(`${payload.length} bytes, at most ${UPLINK_BYTES_MAX}`)
  const json = fromJson(payload)
  if (json === null) return refused('not JSON')
  const uplink = checked(place.kind, place.area, json.value)
  if (typeof uplink === 'string') return refused(uplink, claimOf(json.value, place.device))
  if (uplink.message.device !== place.device) return refused('it names another device than its topic')
  if (uplink.kind === 'record' && uplink.message.record.device !== place.device)
    return refused('its record names another device than its topic', claimOf(json.value, place.device))
  if (uplink.kind === 'state' && uplink.message.area !== place.area)
    return refused('it names another area than its topic')
  return { kind: 'ok', uplink }
}
