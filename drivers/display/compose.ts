/**
 * Pictures made by sharp. Runs in the composing process only: sharp costs 32 MB (PSS), and a picture that crashes its
 * native library must not take the agent with it.
 */
import { rename, writeFile } from 'node:fs/promises'
import sharp, { type OutputInfo, type OverlayOptions, type Sharp, type SharpOptions } from 'sharp'
import type { ComposeJob, ComposeResult, SlideJob, StillJob, TickerJob } from './compose-jobs.ts'
import { escapeMarkup, oneLine, plainText } from './markup.ts'
import { type Block, layoutSlide } from './slide-layout.ts'

/** Noto draws Vietnamese best; DejaVu, which is smaller, draws all of it too. */
const FONTS = 'Noto Sans,DejaVu Sans,sans-serif'
const BLACK = '#000000'
/** A photograph of 100 megapixels; more is a mistake or an attack. */
const PIXELS_MAX = 100_000_000
const STILL_BYTES_MAX = 64_000_000
const FETCH_PATIENCE_MS = 10_000
/** The screen is shown from memory: small files do not matter, fast ones do. */
const PNG = { compressionLevel: 1 } as const

const TICKER_COLOUR = '#ffffff'
const TICKER_BACKGROUND = '#0b2a4a'
const TICKER_FONT_SHARE = 0.6
/** Cairo draws at most 32,767 pixels in a row; a piece of this many letters stays below that at any size we use. */
const TICKER_PIECE_CHARS = 120
/**
 * Text comes back cropped to its ink. An invisible run of the highest and lowest letters behind each piece gives all of
 * them the same crop, and so the same base line.
 */
const STRUT = '<span fgalpha="1">Ẫ|g</span>'

type Size = { width: number; height: number }

const textInput = (
  markup: string,
  sizePx: number,
  wrap: { widthPx: number; alignment: 'centre' | 'left' } | null,
): SharpOptions => ({
  text: {
    text: markup,
    // At 72 dpi a point is a pixel.
    font: `${FONTS} ${sizePx}`,
    dpi: 72,
    rgba: true,
    ...(wrap === null
      ? { wrap: 'none' as const }
      : { width: wrap.widthPx, align: wrap.alignment, wrap: 'word-char' as const }),
  },
})

const rendered = async (input: SharpOptions): Promise<{ data: Buffer; info: OutputInfo }> =>
  sharp(input).png(PNG).toBuffer({ resolveWithObject: true })

const sizeOf = async (input: SharpOptions): Promise<Size> => {
  const { width, height } = await sharp(input).metadata()
  return { width, height }
}

/** Written beside and renamed: mpv never sees half a picture. */
const writeWhole = async (file: string, data: Buffer): Promise<void> => {
  await writeFile(`${file}.part`, data, { mode: 0o600 })
  await rename(`${file}.part`, file)
}

const canvas = (width: number, height: number, background: string): Sharp =>
  sharp({ create: { width, height, channels: 3, background } })

const composeSlide = async (job: SlideJob): Promise<ComposeResult> => {
  const markupOf = (block: Block) => {
    const inner = escapeMarkup(block.text)
    return `<span foreground="${job.colour}">${block.kind === 'title' ? `<b>${inner}</b>` : inner}</span>`
  }
  const inputOf = (block: Block, widthPx: number) =>
    textInput(markupOf(block), block.sizePx, { widthPx, alignment: block.alignment })
  const title = plainText(job.title ?? '')
  const body = plainText(job.body)
  const text = { title: title === '' ? null : title, body: body === '' ? '\u00a0' : body }
  const layout = await layoutSlide(text, job, (block, wrapPx) => sizeOf(inputOf(block, wrapPx)))
  const overlays: OverlayOptions[] = []
  for (const block of layout.blocks) {
    if (block.y >= job.height || block.text === '\u00a0') continue
    const { data, info } = await rendered(inputOf(block, layout.wrapPx))
    const room = {
      width: Math.min(info.width, job.width - block.x),
      height: Math.min(info.height, job.height - block.y),
    }
    const input =
      room.width < info.width || room.height < info.height
        ? await sharp(data)
            .extract({ left: 0, top: 0, ...room })
            .png(PNG)
            .toBuffer()
        : data
    overlays.push({ input, left: block.x, top: block.y })
  }
  const picture = await canvas(job.width, job.height, job.background).composite(overlays).png(PNG).toBuffer()
  await writeWhole(job.file, await withStrip(picture, job))
  return { kind: 'composed', width: job.width, whole: layout.fits }
}

const withStrip = (picture: Buffer, job: { stripPx: number }): Promise<Buffer> =>
  job.stripPx === 0
    ? Promise.resolve(picture)
    : sharp(picture).extend({ bottom: job.stripPx, background: BLACK }).png(PNG).toBuffer()

const download = async (url: string): Promise<Buffer> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_PATIENCE_MS) })
  if (!response.ok || response.body === null) throw new Error(`the media server answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body) {
    if (!(chunk instanceof Uint8Array)) throw new Error('the media server sent no bytes')
    bytes += chunk.byteLength
    if (bytes > STILL_BYTES_MAX) throw new Error(`a picture of more than ${STILL_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const composeStill = async (job: StillJob): Promise<ComposeResult> => {
  const picture = await sharp(await download(job.url), { limitInputPixels: PIXELS_MAX, failOn: 'error' })
    .autoOrient()
    .resize(job.width, job.height, { fit: 'contain', background: BLACK })
    .flatten({ background: BLACK })
    .extend({ bottom: job.stripPx, background: BLACK })
    .toColourspace('srgb')
    .removeAlpha()
    .png(PNG)
    .toBuffer()
  await writeWhole(job.file, picture)
  return { kind: 'composed', width: job.width, whole: true }
}

/** Cuts at spaces where there are any. */
export const tickerPieces = (line: string): string[] => {
  const pieces: string[] = []
  let piece = ''
  for (const word of line.split(' ')) {
    const hardCut = word.match(new RegExp(`.{1,${TICKER_PIECE_CHARS}}`, 'gu')) ?? []
    for (const part of hardCut) {
      const longer = piece === '' ? part : `${piece} ${part}`
      if (longer.length <= TICKER_PIECE_CHARS) {
        piece = longer
      } else {
        pieces.push(piece)
        piece = part
      }
    }
  }
  return piece === '' ? pieces : [...pieces, piece]
}

const composeTicker = async (job: TickerJob): Promise<ComposeResult> => {
  const sizePx = Math.max(6, Math.round(job.height * TICKER_FONT_SHARE))
  const strut = await sizeOf(textInput(STRUT, sizePx, null))
  const overlays: OverlayOptions[] = []
  let x = job.screenWidth
  for (const piece of tickerPieces(oneLine(job.text))) {
    const markup = `<span foreground="${TICKER_COLOUR}">${escapeMarkup(piece)}</span> ${STRUT}`
    const { data, info } = await rendered(textInput(markup, sizePx, null))
    // The strut is no part of the text: the next piece begins where it stands.
    const width = Math.max(1, info.width - strut.width)
    const height = Math.min(info.height, job.height)
    const input = await sharp(data).extract({ left: 0, top: 0, width, height }).png(PNG).toBuffer()
    overlays.push({ input, left: x, top: Math.floor((job.height - height) / 2) })
    x += width
  }
  const width = x + job.screenWidth
  const strip = await canvas(width, job.height, TICKER_BACKGROUND).composite(overlays).png(PNG).toBuffer()
  const raw = await sharp(strip, { limitInputPixels: PIXELS_MAX })
    .removeAlpha()
    // mpv's overlays are BGRA, sharp's pixels RGBA.
    .recomb([
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ])
    .ensureAlpha()
    .raw()
    .toBuffer()
  await writeWhole(job.file, raw)
  return { kind: 'composed', width, whole: true }
}

export const compose = async (job: ComposeJob): Promise<ComposeResult> => {
  // One picture at a time, seldom the same twice: neither a cache nor a second thread earns its memory.
  sharp.cache(false)
  sharp.concurrency(1)
  switch (job.kind) {
    case 'slide':
      return composeSlide(job)
    case 'still':
      return composeStill(job)
    case 'ticker':
      return composeTicker(job)
  }
}
