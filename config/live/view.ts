/** The one line that a speaker sees while speaking: how long, how loud, who hears it. */
import { cut, paintOf, width, type Terminal } from '../page.ts'
import type { LiveWords } from './words.ts'

export type LiveView = {
  elapsedMs: number
  maxMs: number
  levelDb: number
  recentDb: number
  listeners: number
  /** Outputs of this box that confirm that they sound it; null: not known here. */
  heardOn: string[] | null
  /** Boxes that said that they obey; null: not known here. */
  confirmed: number | null
}

const BAR_CELLS = 12
const BAR_FROM_DB = -60
/** A voice at the microphone lies well above; below, people at the far end of the village hear nothing. */
const QUIET_DB = -45
/** Before, nobody has had time to begin. */
const QUIET_AFTER_MS = 5_000
/** A tenth of a second on average so near to full scale was cut off at its peaks. */
const LOUD_DB = -4

const clockText = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const two = (count: number) => String(count).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

const bar = (levelDb: number): string => {
  const cells = Math.round(((levelDb - BAR_FROM_DB) / -BAR_FROM_DB) * BAR_CELLS)
  const full = Math.max(0, Math.min(BAR_CELLS, cells))
  return '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
}

export const liveLine = (view: LiveView, words: LiveWords, terminal: Terminal): string => {
  const paint = paintOf(terminal)
  const { levelDb, recentDb, listeners, heardOn, confirmed } = view
  const isHeard = heardOn === null ? listeners > 0 : heardOn.length > 0
  const level = `${bar(levelDb)} ${String(Math.round(levelDb)).padStart(3)} dB`
  const isLoud = levelDb > LOUD_DB
  const isQuiet = recentDb < QUIET_DB && view.elapsedMs > QUIET_AFTER_MS
  const head = isHeard ? paint.bad(`● ${words.onAir}`) : paint.warn(`○ ${words.waiting}`)
  const parts = [
    `${clockText(view.elapsedMs)} / ${clockText(view.maxMs)}`,
    isLoud ? paint.bad(level) : isQuiet ? paint.warn(level) : paint.good(level),
    ...(isLoud ? [words.tooLoud] : isQuiet ? [words.tooQuiet] : []),
    heardOn === null ? words.listeners(listeners) : heardOn.length > 0 ? words.heardOn(heardOn) : words.notHeard,
    ...(confirmed === null ? [] : [words.confirmed(confirmed)]),
  ]
  const line = `${head}  ${parts.join(' · ')}`
  // A line that wraps cannot be written over.
  return width(line) < terminal.columns
    ? line
    : cut(`${isHeard ? '●' : '○'} ${parts.join(' · ')}`, terminal.columns - 1)
}

export type Panel = {
  /** Takes the place of the line before, on a terminal; elsewhere it is written now and then. */
  show: (line: string) => void
  /** Stays. */
  note: (line: string) => void
  close: () => void
}

export type PanelOptions = { write: (text: string) => void; isTerminal: boolean; elapsed: () => number }

const NOW_AND_THEN_MS = 10_000
const CLEAR_LINE = '\r\u001b[2K'

export const openPanel = ({ write, isTerminal, elapsed }: PanelOptions): Panel => {
  let shown = ''
  let writtenAt: number | null = null
  let unwritten: string | null = null
  const clear = () => {
    if (shown !== '') write(CLEAR_LINE)
    shown = ''
  }
  return {
    show: (line) => {
      if (isTerminal) {
        if (line === shown) return
        write(`${CLEAR_LINE}${line}`)
        shown = line
        return
      }
      unwritten = line
      if (writtenAt !== null && elapsed() - writtenAt < NOW_AND_THEN_MS) return
      writtenAt = elapsed()
      unwritten = null
      write(`${line}\n`)
    },
    note: (line) => {
      const last = shown
      clear()
      write(`${line}\n`)
      if (last !== '') {
        write(last)
        shown = last
      }
    },
    close: () => {
      if (shown !== '') write('\n')
      if (unwritten !== null) write(`${unwritten}\n`)
      shown = ''
      unwritten = null
    },
  }
}
