/**
 * The as-run log of the owner's content: one record for each unbroken run on an output, not one for each picture. A slide
 * every ten seconds for five years would wear the card out and use up the SIM. A run begins with its first item and ends when
 * something else takes the output, the content changes, nothing is left to show, the local day is over or the agent stops.
 */
import type { StageChange } from '../player/play/stage.ts'
import type { OutputView } from '../player/plan/steps.ts'
import type { WallMs } from '../player/plan/time.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { OpenAsRun } from './ports/state-store.ts'
import type { AsRunRecord } from './protocol/uplink.ts'

/** What a power cut costs of a run at most: each write wears the card out. */
const NOTE_HEARD_MS = 300_000

type End = Pick<AsRunRecord, 'ended' | 'endedDetail'>
type PlayChange = Exclude<StageChange, { kind: 'health' }>

type Playing = { row: OpenAsRun; heardMs: number; toldMs: number }

type Run = {
  recordId: string
  output: string
  occurrenceId: string
  isStarted: boolean
  /** Local date on which it began to be heard. */
  day: string
  /** Of plays of this run that are over, since the record was opened. */
  heardMs: number
  /** Of plays that are handed over or on air: how long they were heard, and how much of that an earlier record has. */
  playing: Map<string, Playing>
  notedMs: number
  last: End
}

export type OwnerRecords = {
  /** Whether the play belongs to a run; if not, it is for others to write down. */
  open: (row: OpenAsRun) => boolean
  apply: (change: PlayChange) => void
  /** After each decision: a run of which nothing is on air or on its way any more is over. */
  settle: (views: ReadonlyMap<string, OutputView>) => void
  /** The record that a play belongs to. */
  recordIdOf: (playId: string) => string | null
}

type Needs = {
  store: Pick<GuardedStore, 'openAsRun' | 'noteStarted' | 'noteHeard' | 'closeAsRun' | 'forgetAsRun'>
  newId: () => string
  now: () => WallMs
  formatLocal: (at: WallMs) => string
}

/** An item of a run that ends like this is followed by the next one. */
const goesOn = ({ ended, detail }: Extract<StageChange, { kind: 'ended' }>): boolean =>
  ended === 'finished' ||
  ended === 'failed' ||
  (ended === 'stopped' && (detail === 'overrun' || detail === 'cut by the next item'))

const heardOf = (run: Run): number =>
  run.heardMs + [...run.playing.values()].reduce((sum, { heardMs, toldMs }) => sum + heardMs - toldMs, 0)

export const createOwnerRecords = ({ store, newId, now, formatLocal }: Needs): OwnerRecords => {
  const runs = new Set<Run>()
  const today = (): string => formatLocal(now()).slice(0, 10)
  const runOf = (playId: string): Run | undefined => [...runs].find(({ playing }) => playing.has(playId))

  const close = (run: Run, { ended, endedDetail }: End) => {
    runs.delete(run)
    if (!run.isStarted) store.forgetAsRun(run.recordId)
    else store.closeAsRun(run.recordId, { ended, endedDetail, heardMs: Math.round(heardOf(run)) })
  }

  /** What is on air at midnight goes on in a record of the new day. */
  const turnDay = (run: Run) => {
    const day = today()
    if (!run.isStarted || day === run.day) return
    const [onAir] = run.playing.values()
    if (onAir === undefined) return
    const at = now()
    const recordId = newId()
    const { opened } = onAir.row
    const offsetMs = opened.offsetMs + Math.round(onAir.heardMs)
    close(run, { ended: 'finished', endedDetail: 'the day is over' })
    store.openAsRun({
      ...onAir.row,
      recordId,
      opened: { ...opened, recordId, itemIndex: 0, plannedStart: formatLocal(at), offsetMs },
    })
    store.noteStarted(recordId, at)
    for (const play of run.playing.values()) play.toldMs = play.heardMs
    runs.add({ ...run, recordId, day, heardMs: 0, notedMs: 0 })
  }

  const noteHeard = (run: Run) => {
    const heardMs = heardOf(run)
    if (heardMs - run.notedMs < NOTE_HEARD_MS) return
    run.notedMs = heardMs
    store.noteHeard(run.recordId, Math.round(heardMs))
  }

  const end = (run: Run, change: Extract<StageChange, { kind: 'ended' }>) => {
    const { playId } = change.play
    const told = run.playing.get(playId)?.toldMs ?? 0
    run.heardMs += Math.max(0, change.heardMs - told)
    run.playing.delete(playId)
    noteHeard(run)
    if (goesOn(change)) {
      run.last = { ended: change.ended, endedDetail: change.detail }
      return
    }
    // Called off before its first sample, while another of the run is on air: that one goes on.
    if (!change.started && run.playing.size > 0) return
    const next = [...runs].find(
      ({ output, occurrenceId }) => output === run.output && occurrenceId !== run.occurrenceId,
    )
    if (change.ended === 'pre-empted' && next !== undefined)
      close(run, { ended: 'stopped', endedDetail: 'the content changed' })
    else close(run, { ended: change.ended, endedDetail: change.detail })
  }

  return {
    open: (row) => {
      const { trigger, output, occurrenceId } = row.opened
      if (trigger.kind !== 'owner') return false
      const play = { row, heardMs: 0, toldMs: 0 }
      const run = [...runs].find((one) => one.output === output && one.occurrenceId === occurrenceId)
      if (run !== undefined) run.playing.set(row.recordId, play)
      else {
        const opened = { ...row.opened, itemIndex: 0 }
        runs.add({
          recordId: row.recordId,
          output,
          occurrenceId,
          isStarted: false,
          day: today(),
          heardMs: 0,
          playing: new Map([[row.recordId, play]]),
          notedMs: 0,
          last: { ended: 'stopped', endedDetail: null },
        })
        store.openAsRun({ ...row, opened })
      }
      return true
    },
    apply: (change) => {
      const { playId } = change.play
      const run = runOf(playId)
      if (run === undefined) return
      switch (change.kind) {
        case 'started':
          if (!run.isStarted) {
            run.isStarted = true
            run.day = today()
            store.noteStarted(run.recordId, change.at)
          }
          turnDay(run)
          return
        case 'heard': {
          const play = run.playing.get(playId)
          if (play !== undefined) play.heardMs = change.heardMs
          noteHeard(run)
          turnDay(run)
          return
        }
        case 'ended':
          end(run, change)
          return
        case 'source':
          return
      }
    },
    settle: (views) => {
      for (const run of runs) {
        if (run.playing.size > 0) continue
        const view = views.get(run.output)
        const slot = view?.main.current?.slot ?? view?.main.pending?.slot
        if (run.last.ended !== 'finished') close(run, run.last)
        else if (slot === undefined) close(run, { ended: 'stopped', endedDetail: 'nothing is left to show' })
        else close(run, { ended: 'pre-empted', endedDetail: `by ${slot.priority} ${slot.programmeId}` })
      }
    },
    recordIdOf: (playId) => runOf(playId)?.recordId ?? null,
  }
}
