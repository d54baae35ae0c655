/** From what is to be played to what mpv loads: composes stills and slides to the size of the screen, ahead of time. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault, Playable, PlayRequest, TextSlide } from '../../player/ports/output.ts'
import type { ComposeResult } from './compose-jobs.ts'
import type { Composer } from './composer.ts'
import type { Log, Surface } from './engine.ts'
import type { VideoOutput } from './mpv-process.ts'
import type { StripShelf } from './strips.ts'
import { type Strip, tickerHeightPx } from './ticker-script.ts'

export type Ticker = { text: string; strip: Strip }
export type Prepared = {
  kind: 'prepared'
  /** How long it takes to come up is learned for each. */
  form: 'picture' | 'video'
  url: string
  /** Per file, in mpv's terms. */
  options: Record<string, string>
  ticker: Ticker | null
  release: () => void
}
export type Preparation = Prepared | { kind: 'refused'; fault: Fault }

export type Workshop = {
  composer: Composer
  strips: StripShelf
  folder: string
  surface: Surface
  videoOutput: VideoOutput
  log: Log
}

const COLOUR = /^#[0-9a-f]{6}$/i
const SLIDE_COLOUR = '#ffffff'
const SLIDE_BACKGROUND = '#123a63'

const colourOf = (wanted: string | undefined, otherwise: string): string =>
  wanted !== undefined && COLOUR.test(wanted) ? wanted : otherwise

/**
 * A composed picture has the size of the screen already. Where software draws, each step of a ticker redraws all of it:
 * in the screen's own pixel format and without the scaler that took 8 instead of 20 % of a core at 1280x720.
 */
const pictureOptions = (videoOutput: VideoOutput): Record<string, string> =>
  videoOutput === 'gpu' ? {} : { vf: 'format=fmt=bgr0', 'sws-allow-zimg': 'no' }

/** mpv leaves room for the strip under what it scales by itself. */
const marginOptions = (stripPx: number, surface: Surface): Record<string, string> =>
  stripPx === 0 ? {} : { 'video-margin-ratio-bottom': (stripPx / surface.height).toFixed(5) }

const stripHeight = (ticker: string | undefined, surface: Surface): number =>
  ticker === undefined || ticker.trim() === '' ? 0 : tickerHeightPx(surface.height)

type Part = Pick<Prepared, 'form' | 'url' | 'options'> & { file: string | null }

const slidePart = async (
  shop: Workshop,
  slide: TextSlide,
  stripPx: number,
  signal: AbortSignal,
  file: string,
): Promise<Part | Fault> => {
  const { surface, videoOutput, log } = shop
  const result = await shop.composer.compose(
    {
      kind: 'slide',
      title: slide.title ?? null,
      body: slide.body,
      colour: colourOf(slide.colour, SLIDE_COLOUR),
      background: colourOf(slide.background, SLIDE_BACKGROUND),
      width: surface.width,
      height: surface.height - stripPx,
      stripPx,
      file,
    },
    signal,
  )
  if (result.kind === 'failed') return { code: 'device-failed', detail: `the slide cannot be drawn: ${result.error}` }
  if (!result.whole) log.warn({ chars: slide.body.length }, 'a slide has more text than fits the screen')
  return { form: 'picture', url: file, options: pictureOptions(videoOutput), file }
}

const stillPart = async (
  shop: Workshop,
  url: string,
  stripPx: number,
  signal: AbortSignal,
  file: string,
): Promise<Part> => {
  const { surface, videoOutput, log } = shop
  const size = { width: surface.width, height: surface.height - stripPx, stripPx }
  const result: ComposeResult = await shop.composer.compose({ kind: 'still', url, ...size, file }, signal)
  if (result.kind === 'composed') return { form: 'picture', url: file, options: pictureOptions(videoOutput), file }
  // mpv reads some formats that sharp does not (BMP); if it cannot either, its reason is the one reported.
  if (!signal.aborted) log.info({ error: result.error }, 'a still is left to the player')
  return { form: 'picture', url, options: marginOptions(stripPx, surface), file: null }
}

const partOf = (
  shop: Workshop,
  playable: Playable,
  request: PlayRequest,
  stripPx: number,
  signal: AbortSignal,
  file: string,
): Promise<Part | Fault> => {
  switch (playable.kind) {
    case 'text':
      return slidePart(shop, playable.slide, stripPx, signal, file)
    case 'still':
      return stillPart(shop, playable.source.url, stripPx, signal, file)
    case 'video':
      return Promise.resolve({
        form: 'video',
        url: playable.source.url,
        options: {
          start: (Math.max(0, request.offsetMs) / 1_000).toFixed(3),
          // The last frame stays until the agent says what comes next: no black between two items.
          'keep-open': 'yes',
          'keep-open-pause': 'no',
          ...marginOptions(stripPx, shop.surface),
        },
        file: null,
      })
    case 'sound':
    case 'stream':
      return Promise.resolve({ code: 'media-unsupported', detail: `a screen cannot play a ${playable.kind}` })
  }
}

export const prepare = async (
  shop: Workshop,
  request: PlayRequest,
  signal: AbortSignal,
  fileName: string,
): Promise<Preparation> => {
  const { playable } = request
  const text = 'ticker' in playable ? playable.ticker : undefined
  const stripPx = stripHeight(text, shop.surface)
  const part = await partOf(shop, playable, request, stripPx, signal, join(shop.folder, fileName))
  if ('code' in part) return { kind: 'refused', fault: part }
  const strip = stripPx === 0 || text === undefined ? null : await shop.strips.take(text)
  const { file, ...loadable } = part
  return {
    kind: 'prepared',
    ...loadable,
    ticker: strip === null || text === undefined ? null : { text, strip },
    release: () => {
      if (file !== null) void rm(file, { force: true })
      if (stripPx > 0 && text !== undefined) shop.strips.giveBack(text)
    },
  }
}
