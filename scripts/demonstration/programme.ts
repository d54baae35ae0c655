/** What the demo airs: one round of sound and picture, and what must be on record once a round is over. Pure. */
import { addMs, type WallMs } from '../../player/plan/time.ts'

export const CABINET = 'cabinet'
export const BOARD = 'board'
export const TIME_ZONE = 'Asia/Ho_Chi_Minh'

/** Held under the whole tune, so that a machine too can hear that it plays. No harmonic of the melody falls on it. */
export const TONE_HZ = 1_175
export const TUNE_MS = 16_000
/** The bulletin comes in at the fifth second of the tune. */
export const INTERRUPT_MS = 5_000
/** What is spoken is shorter; a voice that speaks slower is cut here, so that a round always fits. */
export const BULLETIN_MS_MAX = 9_000
export const POSTER_MS = 7_000
export const FILM_MS = 6_000
export const SLIDE_MS = 11_000
/** Rest between two rounds. */
export const REST_MS = 6_000
/** A recurrence holds so many starts (RDATE of the protocol): about four hours of demo. */
export const ROUNDS_MAX = 400

export const SLIDE = {
  title: 'Thông báo tiêm chủng',
  body: 'Trạm y tế xã tiêm chủng cho trẻ em\n7 giờ sáng mai, tại nhà văn hoá thôn 5',
  colour: '#fff3d6',
  background: '#0b3d4f',
  ticker:
    'Bà con nhớ mang theo sổ tiêm chủng của các cháu.   ◆   Mọi thắc mắc xin liên hệ trạm y tế xã.   ◆   Uỷ ban nhân dân xã trân trọng thông báo.',
} as const

/** Official words stay in their own language: these are what a commune would really say. */
export const BULLETIN_TEXT =
  'Đây là Đài truyền thanh xã. Bảy giờ sáng mai, trạm y tế xã tiêm chủng cho trẻ em. Mời bà con đưa các cháu đến đúng giờ.'

export type ItemKind = 'sound' | 'still' | 'video' | 'text'
export type DemoProgramme = {
  programmeId: string
  title: string
  priority: 'urgent' | 'normal'
  output: typeof CABINET | typeof BOARD
  /** After the start of the round. */
  startMs: number
  whenInterrupted: 'resume'
  items: { kind: ItemKind; name: string; durationMs: number }[]
}

export const programmesOf = (bulletinMs: number): DemoProgramme[] => [
  {
    programmeId: 'nhac-sang',
    title: 'Nhạc buổi sáng',
    priority: 'normal',
    output: CABINET,
    startMs: 0,
    whenInterrupted: 'resume',
    items: [{ kind: 'sound', name: 'tune', durationMs: TUNE_MS }],
  },
  {
    programmeId: 'ban-tin-tiem-chung',
    title: 'Bản tin khẩn: tiêm chủng',
    priority: 'urgent',
    output: CABINET,
    startMs: INTERRUPT_MS,
    whenInterrupted: 'resume',
    items: [{ kind: 'sound', name: 'bulletin', durationMs: bulletinMs }],
  },
  {
    programmeId: 'bang-tin',
    title: 'Bảng tin xã',
    priority: 'normal',
    output: BOARD,
    startMs: 0,
    whenInterrupted: 'resume',
    items: [
      { kind: 'still', name: 'poster', durationMs: POSTER_MS },
      { kind: 'video', name: 'film', durationMs: FILM_MS },
      { kind: 'text', name: 'slide', durationMs: SLIDE_MS },
    ],
  },
]

/** One record that the head-end must hold in the end. */
export type Expected = {
  round: number
  programmeId: string
  title: string
  output: string
  itemIndex: number
  kind: ItemKind
  name: string
  /** As the schedule has it; the rest of an interrupted item keeps the planned start of the whole. */
  plannedStart: WallMs
  /** When this piece of it should begin. */
  startsAt: WallMs
  offsetMs: number
  heardMs: number
  ended: 'finished' | 'pre-empted'
}

export const roundMs = (bulletinMs: number): number => Math.max(TUNE_MS + bulletinMs, POSTER_MS + FILM_MS + SLIDE_MS)

/** Rounds begin on whole seconds: a clerk's schedule knows no finer ones. */
export const periodMs = (bulletinMs: number): number => Math.ceil((roundMs(bulletinMs) + REST_MS) / 1_000) * 1_000

export const roundStarts = (first: WallMs, rounds: number, bulletinMs: number): WallMs[] =>
  Array.from({ length: rounds }, (_, round) => addMs(first, round * periodMs(bulletinMs)))

const expectedOfRound = (start: WallMs, round: number, bulletinMs: number): Expected[] =>
  programmesOf(bulletinMs).flatMap(({ programmeId, title, output, startMs, items }) => {
    let atMs = startMs
    return items.flatMap(({ kind, name, durationMs }, itemIndex): Expected[] => {
      const plannedStart = addMs(start, atMs)
      atMs += durationMs
      const whole = { round, programmeId, title, output, itemIndex, kind, name, plannedStart }
      if (name !== 'tune')
        return [{ ...whole, startsAt: plannedStart, offsetMs: 0, heardMs: durationMs, ended: 'finished' }]
      const resumed = addMs(start, INTERRUPT_MS + bulletinMs)
      return [
        { ...whole, startsAt: plannedStart, offsetMs: 0, heardMs: INTERRUPT_MS, ended: 'pre-empted' },
        {
          ...whole,
          startsAt: resumed,
          offsetMs: INTERRUPT_MS,
          heardMs: durationMs - INTERRUPT_MS,
          ended: 'finished',
        },
      ]
    })
  })

export const expectedOf = (starts: readonly WallMs[], bulletinMs: number): Expected[] =>
  starts.flatMap((start, round) => expectedOfRound(start, round, bulletinMs))
