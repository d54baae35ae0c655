/** Airings and messages for the tests of the databases, and the options that they all open a store with. */
import { randomUUID } from 'node:crypto'
import type { AcceptedMessage, OpenAsRun } from '../../../agent/ports/state-store.ts'
import type { StateStoreOptions } from '../../../drivers/database/state-store.ts'
import { type WallMs, wallMs } from '../../../player/plan/time.ts'

export const DEVICE = 'cabinet-1'

export const storeOptions = (file: string): StateStoreOptions => ({
  file,
  device: DEVICE,
  formatLocal: (at: WallMs) => new Date(at + 7 * 3_600_000).toISOString().replace('Z', '+07:00'),
})

export const airing = (recordId: string = randomUUID()): OpenAsRun => ({
  recordId,
  opened: {
    recordId,
    device: DEVICE,
    output: 'horn',
    programmeId: 'news',
    title: 'Bản tin sáng',
    occurrenceId: 'news@2026-11-21T05:00:00',
    issuer: 'commune',
    priority: 'normal',
    itemIndex: 0,
    contentKind: 'sound',
    mediaHashes: ['a'.repeat(64)],
    plannedStart: '2026-11-21T05:00:00.000+07:00',
    offsetMs: 0,
    trigger: { kind: 'schedule', sourceId: 'schedule:commune:area:vn/08', revision: 3 },
    gainDb: -6,
    clockTrust: 'synced',
    confirmedBy: 'card',
  },
  actualStart: null,
  heardMs: 0,
})

export const STARTED_AT = wallMs(Date.parse('2026-11-20T22:00:00.012Z'))

export const message = (fields: Partial<AcceptedMessage> = {}): AcceptedMessage => ({
  messageId: randomUUID(),
  kind: 'schedule',
  issuer: 'commune',
  target: 'area:vn/08',
  sequence: 1,
  token: 'head.body.signature',
  receivedAt: wallMs(1000),
  expiresAt: wallMs(9000),
  state: 'pending',
  ...fields,
})
