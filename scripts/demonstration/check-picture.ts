/** Whether the screenshots show what was on the schedule, judged by their pixels: fields of known colour, letters, movement. */
import { join } from 'node:path'
import sharp from 'sharp'
import { parseWall } from '../../player/plan/time.ts'
import { endOf, FILES, type Airing, type Picture, type ScheduleFile, startOf } from './evidence.ts'
import type { Finding } from './finding.ts'
import { FILM_FIELDS, POSTER_FIELDS, type Field } from './poster.ts'

type Rgb = readonly [number, number, number]
type Pixels = { width: number; height: number; data: Buffer }

/** A film has been through a codec and two colour spaces. */
const STILL_TOLERANCE = 10
const FILM_TOLERANCE = 26
const SLIDE_TOLERANCE = 10
/** Share of a slide's pixels that are its letters: a line or two of large type. */
const LETTERS_SHARE_MIN = 0.01
const LETTERS_SHARE_MAX = 0.5
const MOVED_SHARE_MIN = 0.05
const MOVED_BY_MIN = 6
/** The ticker stands in the lowest part of the board. */
const TICKER_FROM = 0.86

const rgbOf = (colour: string): Rgb => {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16)
  return [part(1), part(3), part(5)]
}

const pixelsOf = async (file: string): Promise<Pixels> => {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

const at = ({ width, height, data }: Pixels, x: number, y: number): Rgb => {
  const index = (Math.min(height - 1, Math.floor(y * height)) * width + Math.min(width - 1, Math.floor(x * width))) * 3
  return [data[index] ?? 0, data[index + 1] ?? 0, data[index + 2] ?? 0]
}

const distance = (a: Rgb, b: Rgb): number => Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? 0))))

/** The worst of all fields. */
const worstField = (pixels: Pixels, fields: readonly Field[]): number =>
  Math.max(...fields.map(({ x, y, colour }) => distance(at(pixels, x, y), rgbOf(colour))))

/** Every fourth pixel each way is enough to count by. */
const shareWhere = (
  { width, height }: Pixels,
  [from, to]: readonly [number, number],
  holds: (x: number, y: number) => boolean,
): number => {
  let [seen, found] = [0, 0]
  for (let y = Math.ceil(from * height); y < to * height; y += 4)
    for (let x = 0; x < width; x += 4) {
      seen += 1
      if (holds((x + 0.5) / width, (y + 0.5) / height)) found += 1
    }
  return seen === 0 ? 0 : found / seen
}

const isTimely = ({ takenFrom, takenUntil }: Picture, airing: Airing): boolean =>
  parseWall(takenFrom) >= startOf(airing) && parseWall(takenUntil) <= endOf(airing)

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const checkSlide = (pixels: Pixels, { slide }: ScheduleFile, subject: string): Finding[] => {
  const [background, colour] = [rgbOf(slide.background), rgbOf(slide.colour)]
  const corners = [0.01, 0.99].flatMap((x) => [0.01, 0.4].map((y) => distance(at(pixels, x, y), background)))
  const letters = shareWhere(pixels, [0, TICKER_FROM], (x, y) => distance(at(pixels, x, y), colour) <= SLIDE_TOLERANCE)
  const plain = shareWhere(
    pixels,
    [TICKER_FROM, 1],
    (x, y) => distance(at(pixels, x, y), background) <= SLIDE_TOLERANCE,
  )
  return [
    {
      check: 'slide',
      subject,
      isRight: Math.max(...corners) <= SLIDE_TOLERANCE && letters >= LETTERS_SHARE_MIN && letters <= LETTERS_SHARE_MAX,
      figures: `Δ${Math.max(...corners)}, ${percent(letters)}`,
    },
    { check: 'ticker', subject, isRight: plain < 0.7, figures: percent(1 - plain) },
  ]
}

export const checkPictures = async (schedule: ScheduleFile, folder: string): Promise<Finding[]> => {
  const findings: Finding[] = []
  const show = async (file: string): Promise<Pixels | null> => {
    const picture = schedule.pictures?.find((candidate) => candidate.file === file)
    const airing = schedule.airings.find(({ name }) => name === picture?.shows)
    if (picture === undefined || airing === undefined || !isTimely(picture, airing)) return null
    return pixelsOf(join(folder, file))
  }
  const missing = (check: Finding['check'], file: string): Finding => ({
    check,
    subject: file,
    isRight: false,
    figures: '—',
  })

  const poster = await show(FILES.poster)
  if (poster === null) findings.push(missing('poster', FILES.poster))
  else {
    const worst = worstField(poster, POSTER_FIELDS)
    findings.push({ check: 'poster', subject: FILES.poster, isRight: worst <= STILL_TOLERANCE, figures: `Δ${worst}` })
  }
  const [film, later] = [await show(FILES.film), await show(FILES.filmLater)]
  if (film === null || later === null) findings.push(missing('film', FILES.film))
  else {
    const worst = Math.max(worstField(film, FILM_FIELDS), worstField(later, FILM_FIELDS))
    const moved = shareWhere(film, [0, 1], (x, y) => distance(at(film, x, y), at(later, x, y)) >= MOVED_BY_MIN)
    findings.push(
      { check: 'film', subject: FILES.film, isRight: worst <= FILM_TOLERANCE, figures: `Δ${worst}` },
      { check: 'film-moves', subject: FILES.filmLater, isRight: moved >= MOVED_SHARE_MIN, figures: percent(moved) },
    )
  }
  const slide = await show(FILES.board)
  if (slide === null) findings.push(missing('slide', FILES.board))
  else findings.push(...checkSlide(slide, schedule, FILES.board))
  return findings
}
