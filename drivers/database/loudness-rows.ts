/** What was measured of the loudness of files, in the media database; kept when a file is evicted, because it may come again. */
import type { LoudnessRow } from '../../agent/ports/loudness.ts'
import type { Db } from './open.ts'

export const LOUDNESS_MIGRATION = `
CREATE TABLE loudness (
  sha256 TEXT PRIMARY KEY, version TEXT NOT NULL, integratedLufs REAL, truePeakDbtp REAL, rangeLu REAL
) STRICT, WITHOUT ROWID;
`

/** As many as the store may have files. Beyond it, at a start, those go whose file is not here. */
export const LOUDNESS_ROWS_MAX = 40_000

type Stored = {
  sha256: string
  version: string
  integratedLufs: number | null
  truePeakDbtp: number | null
  rangeLu: number | null
}

const rowOf = ({ sha256, version, integratedLufs, truePeakDbtp, rangeLu }: Stored): LoudnessRow => ({
  sha256,
  version,
  loudness:
    integratedLufs === null || truePeakDbtp === null || rangeLu === null
      ? null
      : { integratedLufs, truePeakDbtp, rangeLu },
})

export const loudnessRows = (db: Db) => {
  const all = db.prepare<[], Stored>('SELECT * FROM loudness')
  const count = db.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM loudness')
  const prune = db.prepare<[]>('DELETE FROM loudness WHERE sha256 NOT IN (SELECT sha256 FROM file)')
  const put = db.prepare<[Stored]>(
    'INSERT OR REPLACE INTO loudness VALUES ($sha256, $version, $integratedLufs, $truePeakDbtp, $rangeLu)',
  )
  return {
    all: (rowsMax = LOUDNESS_ROWS_MAX): LoudnessRow[] => {
      if ((count.get()?.rows ?? 0) > rowsMax) prune.run()
      return all.all().map(rowOf)
    },
    put: ({ sha256, version, loudness }: LoudnessRow): void => {
      const nothing = { integratedLufs: null, truePeakDbtp: null, rangeLu: null }
      put.run({ sha256, version, ...(loudness ?? nothing) })
    },
  }
}
