/** What there is to say of each kind of message, once, for all documents. */
import type { TSchema } from '@sinclair/typebox'
import { DOWNLINK_BYTES_MAX, DOWNLINK_KINDS, DOWNLINKS, type DownlinkKind } from '../../agent/protocol/downlink.ts'
import { UPLINK_BYTES_MAX, UPLINK_KINDS, UPLINKS, type UplinkKind } from '../../agent/protocol/uplink.ts'

export type Entry = {
  kind: DownlinkKind | UplinkKind
  direction: 'down' | 'up'
  title: string
  schema: TSchema
  /** AsyncAPI channel address. */
  address: string
  qos: 0 | 1
  retained: boolean
  bytesMax: number
  /** Who may send it, or what makes the box send it. */
  when: string
}

const downlink = (
  kind: DownlinkKind,
  title: string,
  options: { retained: boolean; when: string; address?: string },
): Entry => ({
  kind,
  direction: 'down',
  title,
  schema: DOWNLINKS[kind],
  address: options.address ?? `loa/1/down/${kind}/{issuer}/{target}`,
  qos: 1,
  retained: options.retained,
  bytesMax: DOWNLINK_BYTES_MAX,
  when: options.when,
})

const uplink = (kind: UplinkKind, title: string, options: { retained: boolean; qos: 0 | 1; when: string }): Entry => ({
  kind,
  direction: 'up',
  title,
  schema: UPLINKS[kind],
  address: `loa/1/up/${kind}/{device}/{area}`,
  bytesMax: UPLINK_BYTES_MAX,
  ...options,
})

const DOWN: Record<DownlinkKind, Entry> = {
  schedule: downlink('schedule', 'Schedule', {
    retained: true,
    when: 'when the programmes of one issuer for one target change; replaces the one before as a whole',
  }),
  media: downlink('media', 'Media manifest', {
    retained: true,
    when: 'before the first schedule or alert that names a file of it',
  }),
  alert: downlink('alert', 'Alert', {
    retained: true,
    when: 'at once; each alert has a topic of its own, taken back by an empty message when it has expired',
    address: 'loa/1/down/alert~{alertId}/{issuer}/{target}',
  }),
  live: downlink('live', 'Live announcement', { retained: false, when: 'when an official begins to speak, and ends' }),
  command: downlink('command', 'Command', { retained: false, when: 'when an operator gives an order' }),
  receipt: downlink('receipt', 'Receipt', {
    retained: false,
    when: 'after reliable messages of a box were stored; from one issuer only',
  }),
  revocation: downlink('revocation', 'Revocation', {
    retained: true,
    when: 'when a key is revoked, by the root; lists all and replaces the one before as a whole',
  }),
}

const UP: Record<UplinkKind, Entry> = {
  state: uplink('state', 'State', {
    retained: true,
    qos: 1,
    when: 'on every connection, at an orderly stop, and as last will',
  }),
  heartbeat: uplink('heartbeat', 'Heartbeat', {
    retained: false,
    qos: 0,
    when: 'every 60 seconds by default, and on command',
  }),
  record: uplink('record', 'As-run record', {
    retained: false,
    qos: 1,
    when: 'when an item has ended; again until a receipt covers it',
  }),
  alarm: uplink('alarm', 'Alarm', {
    retained: false,
    qos: 1,
    when: 'when a fault begins or ends; again until a receipt covers it',
  }),
  acknowledgement: uplink('acknowledgement', 'Acknowledgement', {
    retained: false,
    qos: 1,
    when: 'when a message was accepted, came into force or was refused; again until a receipt covers it',
  }),
}

export const CATALOGUE: Entry[] = [...DOWNLINK_KINDS.map((kind) => DOWN[kind]), ...UPLINK_KINDS.map((kind) => UP[kind])]
