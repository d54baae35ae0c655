/** What boxes reported, each id once. One call of `take` is one step of one transaction; see `receive.ts`. */
import { AsRunRecord, type AcknowledgementMessage } from '../../agent/protocol/uplink.ts'
import { FIRST_PREVIOUS_HASH, type ChainLink } from '../../agent/protocol/chain.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { parseWall, wallMs, type WallMs } from '../../player/plan/time.ts'
import type { Db } from './database.ts'
import { deviceStore } from './device-store.ts'
import { confirmable, type HeldPosition } from './receipts.ts'
import type { ClaimedPlace, Uplink, UplinkMessage } from './uplink-read.ts'

/** `new`: counted now. `again`: it was here. `conflict`: its id was here with other content. */
export type Taken = 'new' | 'again' | 'conflict'

export type OutboxKey = { device: string; epoch: string }
export type Confirmed = { before: number; now: number; chain: ChainLink }
export type Refusal = { topic: string; detail: string; payload: Buffer; receivedAt: WallMs }

/** Refused messages that are kept, each cut to this many bytes. */
const REFUSALS_MAX = 10_000
const REFUSAL_BYTES_MAX = 65_536
/** Positions looked at for one receipt; the next one goes on from there. */
const POSITIONS_PER_RECEIPT_MAX = 10_000

const parseRecord = parser(AsRunRecord)

const recordOf = (text: string): AsRunRecord => {
  const parsed = parseRecord(JSON.parse(text))
  if (parsed.kind === 'malformed') throw new Error(`a stored record is damaged: ${parsed.detail}`)
  return parsed.value
}

export const receivedStore = (db: Db) => {
  const devices = deviceStore(db)
  const addPosition = db.prepare<[string, string, number, number]>(
    `INSERT INTO positions VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET arrivals = arrivals + 1`,
  )
  const heldAbove = db.prepare<
    [string, string, number, number],
    { position: number; firstAt: number; arrivals: number }
  >(
    `SELECT position, firstAt, arrivals FROM positions WHERE device = ? AND epoch = ? AND position > ?
     ORDER BY position LIMIT ?`,
  )
  const dropPositions = db.prepare<[string, string, number]>(
    'DELETE FROM positions WHERE device = ? AND epoch = ? AND position <= ?',
  )
  const outbox = db.prepare<[string, string], { confirmed: number; chainSequence: number; chainHash: string }>(
    'SELECT confirmed, chainSequence, chainHash FROM outboxes WHERE device = ? AND epoch = ?',
  )
  const setConfirmed = db.prepare<[string, string, number, string]>(
    `INSERT INTO outboxes VALUES (?, ?, ?, 0, ?) ON CONFLICT DO UPDATE SET confirmed = excluded.confirmed`,
  )
  const setChain = db.prepare<[number, string, string, string]>(
    'UPDATE outboxes SET chainSequence = ?, chainHash = ? WHERE device = ? AND epoch = ?',
  )
  const addRecord = db.prepare<[string, string, string, number, number, number, number, string]>(
    'INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const getRecord = db.prepare<[string], { body: string }>('SELECT body FROM records WHERE recordId = ?')
  const recordsOfChain = db.prepare<[string, string, number, number], { body: string }>(
    `SELECT body FROM records WHERE device = ? AND epoch = ? AND sequence > ? AND position <= ? ORDER BY sequence`,
  )
  const recordsPlanned = db.prepare<[number, number], { body: string }>(
    'SELECT body FROM records WHERE plannedStart >= ? AND plannedStart < ? ORDER BY plannedStart, device, sequence',
  )
  const chains = db.prepare<[], OutboxKey>('SELECT DISTINCT device, epoch FROM records ORDER BY device, epoch')
  const addAcknowledgement = db.prepare<[string, string, number, string | null, string, string | null, number, string]>(
    'INSERT INTO acknowledgements VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const acknowledgementsOf = db.prepare<[string], { device: string; outcome: string; reason: string | null }>(
    'SELECT device, outcome, reason FROM acknowledgements WHERE messageId = ? ORDER BY receivedAt, position',
  )
  const addRefusal = db.prepare<[number, string, string, Buffer]>(
    'INSERT INTO refusals (receivedAt, topic, detail, payload) VALUES (?, ?, ?, ?)',
  )
  const pruneRefusals = db.prepare<[number]>('DELETE FROM refusals WHERE id <= (SELECT max(id) FROM refusals) - ?')
  const refusals = db.prepare<[], { topic: string; detail: string }>('SELECT topic, detail FROM refusals ORDER BY id')
  const addFrame = db.prepare<[string, string]>(
    'INSERT INTO frames (device, output) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const frame = db.prepare<[string, string], { number: number }>(
    'SELECT number FROM frames WHERE device = ? AND output = ?',
  )

  const takeRecord = (message: UplinkMessage<'record'>, receivedAt: WallMs): Taken => {
    const { record, device, epoch, position } = message
    const body = JSON.stringify(record)
    const plannedStart = parseWall(record.plannedStart)
    const { recordId, sequence } = record
    const added = addRecord.run(recordId, device, epoch, sequence, position, plannedStart, receivedAt, body).changes
    if (added === 1) return 'new'
    const known = getRecord.get(recordId)
    return known !== undefined && recordOf(known.body).hash !== record.hash ? 'conflict' : 'again'
  }

  const takeAcknowledgement = (message: AcknowledgementMessage, receivedAt: WallMs): Taken => {
    const { device, epoch, position, messageId, outcome, reason } = message
    const body = JSON.stringify(message)
    return addAcknowledgement.run(device, epoch, position, messageId, outcome, reason, receivedAt, body).changes === 1
      ? 'new'
      : 'again'
  }

  return {
    ...devices,
    /** Runs `work` as one commit: what it took is safe once this returns. */
    atOnce: <T>(work: () => T): T => db.transaction(work).immediate(),
    take: (uplink: Uplink, receivedAt: WallMs): Taken => {
      switch (uplink.kind) {
        case 'state':
          return devices.takeState(uplink.message, receivedAt)
        case 'heartbeat':
          return devices.takeHeartbeat(uplink.message, receivedAt)
        case 'alarm':
          return devices.takeAlarm(uplink.message)
        case 'record':
          return takeRecord(uplink.message, receivedAt)
        case 'acknowledgement':
          return takeAcknowledgement(uplink.message, receivedAt)
      }
    },
    /** Counts the arrival of a position, whatever it carried; one that is confirmed already needs no place. */
    hold: ({ device, epoch, position }: ClaimedPlace, at: WallMs): void => {
      if (position > (outbox.get(device, epoch)?.confirmed ?? 0)) addPosition.run(device, epoch, position, at)
    },
    /** Moves the confirmed position of an outbox as far as it may go. */
    confirm: ({ device, epoch }: OutboxKey, at: WallMs): Confirmed => {
      const row = outbox.get(device, epoch)
      const before = row?.confirmed ?? 0
      const held = heldAbove
        .all(device, epoch, before, POSITIONS_PER_RECEIPT_MAX)
        .map((place): HeldPosition => ({ ...place, firstAt: wallMs(place.firstAt) }))
      const now = confirmable(before, held, at)
      setConfirmed.run(device, epoch, now, FIRST_PREVIOUS_HASH)
      dropPositions.run(device, epoch, now)
      const chain = { sequence: row?.chainSequence ?? 0, hash: row?.chainHash ?? FIRST_PREVIOUS_HASH }
      return { before, now, chain }
    },
    setChain: ({ device, epoch }: OutboxKey, { sequence, hash }: ChainLink): void => {
      setChain.run(sequence, hash, device, epoch)
    },
    /** Ascending; only those whose position is confirmed, where all that will come has come. */
    chainAfter: (
      { device, epoch }: OutboxKey,
      sequence: number,
      positionMax = Number.MAX_SAFE_INTEGER,
    ): AsRunRecord[] => recordsOfChain.all(device, epoch, sequence, positionMax).map((row) => recordOf(row.body)),
    chains: (): OutboxKey[] => chains.all(),
    /** Records planned in [from, until). */
    records: (from: WallMs = wallMs(0), until: WallMs = wallMs(Number.MAX_SAFE_INTEGER)): AsRunRecord[] =>
      recordsPlanned.all(from, until).map((row) => recordOf(row.body)),
    /** What boxes answered to one message, oldest first. */
    acknowledgements: (messageId: string) => acknowledgementsOf.all(messageId),
    refuse: ({ topic, detail, payload, receivedAt }: Refusal): void => {
      addRefusal.run(receivedAt, topic.slice(0, 500), detail, payload.subarray(0, REFUSAL_BYTES_MAX))
      pruneRefusals.run(REFUSALS_MAX)
    },
    refusals: () => refusals.all(),
    /** A number that this output keeps: 1, 2, 3… */
    frameNumber: (device: string, output: string): number => {
      addFrame.run(device, output)
      const row = frame.get(device, output)
      if (row === undefined) throw new Error('the frame was not written')
      return row.number
    },
  }
}
export type ReceivedStore = ReturnType<typeof receivedStore>
