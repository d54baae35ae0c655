/** What the head-end sent: sequence numbers, publications, the media it serves and which target needs which. */
import { AlertBody, type DownlinkKind, type MediaBody, ScheduleBody } from '../../agent/protocol/downlink.ts'
import { parser } from '../../agent/protocol/validate.ts'
import { wallMs, type WallMs } from '../../player/plan/time.ts'
import type { Db } from './database.ts'

export type Publication = {
  messageId: string
  kind: DownlinkKind
  issuer: string
  target: string
  sequence: number
  issued: WallMs
  expires: WallMs
  body: unknown
}

export type PublishedSchedule = { issuer: string; target: string; issued: WallMs; body: ScheduleBody }

export type MediaFile = { sha256: string; bytes: number; mediaType: string; name: string }

/** Why a target needs a file: its schedule, or one order that ends at `until`. */
export type Need = { issuer: string; target: string; source: string; until: WallMs; sha256s: readonly string[] }

const parseSchedule = parser(ScheduleBody)

const parseAlert = parser(AlertBody)

/** As many as an update or a cancel is looked for in. */
const ALERTS_MAX = 1_000

const scheduleOf = (text: string): ScheduleBody => {
  const parsed = parseSchedule(JSON.parse(text))
  if (parsed.kind === 'malformed') throw new Error(`a stored schedule is damaged: ${parsed.detail}`)
  return parsed.value
}

export const sentStore = (db: Db) => {
  const bump = db.prepare<[string, string, string, number], { sequence: number }>(
    `INSERT INTO sequences (issuer, kind, stream, sequence) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET sequence = max(sequence + 1, excluded.sequence) RETURNING sequence`,
  )
  const addPublication = db.prepare<[string, string, string, string, number, number, number, string]>(
    'INSERT INTO publications VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const schedules = db.prepare<[], { issuer: string; target: string; issued: number; body: string }>(
    `SELECT issuer, target, issued, body FROM publications WHERE kind = 'schedule' ORDER BY issued, sequence`,
  )
  const alerts = db.prepare<[string, number], { body: string }>(
    `SELECT body FROM publications WHERE kind = 'alert' AND issuer = ? ORDER BY issued DESC, sequence DESC LIMIT ?`,
  )
  const lastRevision = db.prepare<[string, string], { revision: number | null }>(
    `SELECT max(json_extract(body, '$.revision')) AS revision FROM publications
     WHERE kind = 'schedule' AND issuer = ? AND target = ?`,
  )
  const addMedia = db.prepare<[string, number, string, string, number]>(
    `INSERT INTO media VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET mediaType = excluded.mediaType, name = excluded.name`,
  )
  const getMedia = db.prepare<[string], MediaFile>('SELECT sha256, bytes, mediaType, name FROM media WHERE sha256 = ?')
  const forgetNeeds = db.prepare<[string, string, string, number]>(
    'DELETE FROM manifest WHERE issuer = ? AND target = ? AND (source = ? OR until <= ?)',
  )
  const addNeed = db.prepare<[string, string, string, string, number]>(
    'INSERT OR REPLACE INTO manifest (issuer, target, sha256, source, until) VALUES (?, ?, ?, ?, ?)',
  )
  const needed = db.prepare<[string, string], MediaFile & { until: number }>(
    `SELECT sha256, bytes, mediaType, name, max(until) AS until FROM manifest JOIN media USING (sha256)
     WHERE issuer = ? AND target = ? GROUP BY sha256 ORDER BY name, sha256`,
  )
  const addRevoked = db.prepare<[string, number]>('INSERT OR IGNORE INTO revoked VALUES (?, ?)')
  const revoked = db.prepare<[], { x: string }>('SELECT x FROM revoked ORDER BY at, x')

  return {
    /** Never falls behind an earlier one, even where the database was lost: the time in ms is its floor. */
    nextSequence: (issuer: string, kind: DownlinkKind, stream: string, now: WallMs): number => {
      const row = bump.get(issuer, kind, stream, now)
      if (row === undefined) throw new Error('the sequence was not written')
      return row.sequence
    },
    addPublication: (publication: Publication): void => {
      const { messageId, kind, issuer, target, sequence, issued, expires, body } = publication
      addPublication.run(messageId, kind, issuer, target, sequence, issued, expires, JSON.stringify(body))
    },
    /** Oldest first. */
    schedules: (): PublishedSchedule[] =>
      schedules.all().map((row) => ({ ...row, issued: wallMs(row.issued), body: scheduleOf(row.body) })),
    /** Oldest first; those of an older form are passed over. */
    alerts: (issuer: string): AlertBody[] =>
      alerts
        .all(issuer, ALERTS_MAX)
        .toReversed()
        .flatMap(({ body }) => {
          const parsed = parseAlert(JSON.parse(body))
          return parsed.kind === 'ok' ? [parsed.value] : []
        }),
    nextRevision: (issuer: string, target: string): number => (lastRevision.get(issuer, target)?.revision ?? 0) + 1,
    addMedia: ({ sha256, bytes, mediaType, name }: MediaFile, now: WallMs): void => {
      addMedia.run(sha256, bytes, mediaType, name, now)
    },
    media: (sha256: string): MediaFile | null => getMedia.get(sha256) ?? null,
    /** Replaces what this source needs and forgets what is past; returns every file that the target needs now. */
    need: ({ issuer, target, source, until, sha256s }: Need, now: WallMs): { files: MediaFile[]; until: WallMs } =>
      db
        .transaction(() => {
          forgetNeeds.run(issuer, target, source, now)
          for (const sha256 of sha256s) addNeed.run(issuer, target, sha256, source, until)
          const rows = needed.all(issuer, target)
          return {
            files: rows.map(({ sha256, bytes, mediaType, name }) => ({ sha256, bytes, mediaType, name })),
            until: wallMs(Math.max(until, ...rows.map((row) => row.until))),
          }
        })
        .immediate(),
    /** Revocations only grow: the message replaces the one before, so it names every revoked key. */
    revoke: (keys: readonly string[], now: WallMs): string[] =>
      db
        .transaction(() => {
          for (const x of keys) addRevoked.run(x, now)
          return revoked.all().map((row) => row.x)
        })
        .immediate(),
  }
}
export type SentStore = ReturnType<typeof sentStore>

export const mediaBody = (files: readonly MediaFile[], baseUrl: string): MediaBody => ({
  media: files.map((file) => ({ ...file, urls: [`${baseUrl}/media/${file.sha256}`] })),
})
