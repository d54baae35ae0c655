/** What of an alert is said and what is shown, in its own language. */
import type { TextSlide } from '../../player/ports/output.ts'
import type { CapAlert, CapArea, CapInfo, CapSeverity, CapStatus } from './alert.ts'

/** About four minutes of speech. */
export const SPOKEN_CHARACTERS_MAX = 4_000
/** What a board can show in letters that are read from the road. */
export const SHOWN_CHARACTERS_MAX = 700
/** A line of the as-run record. */
export const TITLE_CHARACTERS_MAX = 200

const BACKGROUNDS: Record<CapSeverity, string> = {
  Extreme: '#8b0000',
  Severe: '#b34700',
  Moderate: '#7a6200',
  Minor: '#1f4e79',
  Unknown: '#333333',
}
/** The danger is over. */
const ALL_CLEAR_BACKGROUND = '#1b5e20'
const INK = '#ffffff'

/** An exercise that is taken for the real thing is a panic. Said and shown before everything else. */
const UNREAL: Record<Exclude<CapStatus, 'Actual'>, { vi: string; en: string }> = {
  Exercise: { vi: 'Diễn tập', en: 'Exercise' },
  Test: { vi: 'Phát thử', en: 'Test' },
  System: { vi: 'Thông báo kỹ thuật', en: 'System message' },
  Draft: { vi: 'Bản nháp', en: 'Draft' },
}

const labelOf = (status: CapStatus, language: string): string | null => {
  if (status === 'Actual') return null
  return UNREAL[status][/^en\b/i.test(language) ? 'en' : 'vi']
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** Cut between words. */
const shorten = (text: string, charactersMax: number): string => {
  if (text.length <= charactersMax) return text
  const cut = text.slice(0, charactersMax - 1)
  const space = cut.search(/\s\S*$/)
  return `${(space > charactersMax / 2 ? cut.slice(0, space) : cut).trimEnd()}…`
}

const sentence = (text: string): string => (/[.!?…。]$/.test(text) ? text : `${text}.`)

const withoutRepeats = (parts: readonly (string | null)[]): string[] => {
  const kept: string[] = []
  for (const part of parts) if (part !== null && part !== '' && !kept.includes(part)) kept.push(part)
  return kept
}

export const titleOf = ({ status }: CapAlert, info: CapInfo): string => {
  const label = labelOf(status, info.language)
  const headline = oneLine(info.headline ?? info.event)
  return shorten(label === null ? headline : `${label}: ${headline}`, TITLE_CHARACTERS_MAX)
}

/** Headline, description, instruction; one after the other, as sentences. */
export const spokenOf = ({ status }: CapAlert, info: CapInfo): string => {
  const label = labelOf(status, info.language)
  const parts = withoutRepeats(
    [info.headline ?? info.event, info.description, info.instruction].map((part) =>
      part === null ? null : oneLine(part),
    ),
  )
  const said = parts.map(sentence).join(' ')
  return shorten(label === null ? said : `${sentence(label)} ${said}`, SPOKEN_CHARACTERS_MAX)
}

/** A board has room for what to do, or else for what happens, and for where. */
export const slideOf = (alert: CapAlert, info: CapInfo, areas: readonly CapArea[]): TextSlide => {
  const where = withoutRepeats(areas.map(({ description }) => oneLine(description))).join(', ')
  const what = info.instruction ?? info.description ?? info.event
  const shownWhere = shorten(where, SHOWN_CHARACTERS_MAX / 2)
  const shownWhat = shorten(what.trim(), SHOWN_CHARACTERS_MAX - shownWhere.length)
  return {
    title: titleOf(alert, info),
    body: withoutRepeats([shownWhat, shownWhere]).join('\n'),
    colour: INK,
    background: info.responseTypes.includes('AllClear') ? ALL_CLEAR_BACKGROUND : BACKGROUNDS[info.severity],
  }
}
