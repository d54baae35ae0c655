/**
 * A screen: mpv shows, this decides what and when. `shown` is what mpv has confirmed to be on the screen, `loading` what it
 * was told to show next, `pending` what is not due or not drawn yet. A picture stays until the next one has come up, so
 * that there is no black between two of them, and what is reported is what mpv confirmed, when it confirmed it.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElapsedMs } from '../../player/plan/time.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import type {
  EndedHow,
  Fault,
  Output,
  OutputEvent,
  OutputHealth,
  OutputId,
  OutputListener,
  PlayId,
  PlayRequest,
} from '../../player/ports/output.ts'
import { type Composer, openComposer } from './composer.ts'
import { type Engine, type Log, openEngine, type Surface } from './engine.ts'
import type { MpvEvent } from './mpv-ipc.ts'
import { startMpv, type VideoOutput } from './mpv-process.ts'
import { prepare, type Preparation, type Prepared, type Ticker } from './preparation.ts'
import { openStripShelf, type StripShelf } from './strips.ts'
import { hideTicker, showTicker, TICKER_FILE, TICKER_SCRIPT, tickerHeightPx } from './ticker-script.ts'

export type PictureOutputOptions = {
  id: OutputId
  videoOutput: VideoOutput
  /** X display, `:0`. */
  display?: string
  /** What is asked of a window; a whole screen has its own size. */
  width: number
  height: number
  /** In memory (tmpfs): composed slides go here. Made if it is not there; what we put into it is removed at close. */
  runtimeFolder: string
  mpvPath?: string
  hungAfterMs?: number
  clock: Clock
  listener: OutputListener
  log: Log
}

type Pending = {
  request: PlayRequest
  giveUp: AbortController
  preparation: Preparation | null
  isDue: boolean
  timer: Timer | null
}
type Loading = { request: PlayRequest; prepared: Prepared; entryId: number | null; sentAt: ElapsedMs; patience: Timer }
type Shown = { request: PlayRequest; entryId: number; startedAt: ElapsedMs; timers: Timer[]; release: () => void }

const HUNG_AFTER_MS = 6_000
/** mpv gives up on a silent server after 10 s and says so; past this it is mpv that hangs. */
const LOAD_PATIENCE_MS = 15_000
const PROGRESS_EVERY_MS = 1_000
/** The calendar may be set while a play waits: its moment is looked at anew at least this often. */
const DUE_CHECK_MS = 1_000
/** After the end of an item its picture stays this long for a next one to replace it… */
const LINGER_MS = 120
/** …and until a pending one that is due within this. */
const LINGER_FOR_PENDING_MS = 1_000
/** mpv takes 40 to 110 ms from the order to the screen; the order goes out that much earlier, as learned. */
const LEAD_MS = { picture: 60, video: 80 } as const
const LEAD_MS_MAX = 400
const LEAD_MEMORY = 0.7

class PictureOutput implements Output {
  readonly id: OutputId
  readonly medium = 'picture'
  private readonly options: PictureOutputOptions
  private readonly composer: Composer
  private readonly strips: StripShelf
  private readonly engine: Engine
  private readonly leadMs: Record<Prepared['form'], number> = { ...LEAD_MS }
  private surface: Surface
  private pending: Pending | null = null
  private loading: Loading | null = null
  private shown: Shown | null = null
  private scrolling: Ticker | null = null
  private linger: Timer | null = null
  private fileCount = 0
  private closing: Promise<void> | null = null
  /** What mpv says of its files; `loadfile` may be answered after the events it causes. */
  private entry = { startedId: -1, isShown: false, hasEnded: false }

  constructor(options: PictureOutputOptions) {
    this.id = options.id
    this.options = options
    this.surface = { width: options.width, height: options.height }
    const { clock, log, runtimeFolder, videoOutput, display, width, height } = options
    mkdirSync(runtimeFolder, { recursive: true, mode: 0o700 })
    const scriptFile = join(runtimeFolder, TICKER_FILE)
    writeFileSync(scriptFile, TICKER_SCRIPT, { mode: 0o600 })
    this.composer = openComposer({ runtimeFolder, clock })
    this.strips = openStripShelf((text) => this.drawStrip(text))
    const mpvOptions = { mpvPath: options.mpvPath ?? 'mpv', videoOutput, display, width, height, scriptFile }
    this.engine = openEngine({
      clock,
      log,
      hungAfterMs: options.hungAfterMs ?? HUNG_AFTER_MS,
      launch: (onEvent) => startMpv(mpvOptions, onEvent),
      listener: {
        ready: (surface) => (this.surface = surface),
        lost: (fault, aliveAt) => this.loseAll(fault, aliveAt),
        event: (event) => this.receive(event),
        health: (health) => this.emit({ kind: 'health', output: this.id, health }),
      },
    })
  }

  health(): OutputHealth {
    return this.engine.health()
  }

  /** Pictures are mute in this version: a level changes nothing. */
  setLevel(): void {
    return
  }

  setGain(): void {
    return
  }

  play(request: PlayRequest): void {
    const { state, fault } = this.health()
    if (this.closing !== null || state !== 'ready') {
      const reason = fault ?? { code: 'device-failed' as const, detail: 'the screen is not open' }
      this.ended(request, 'failed', 0, reason)
      return
    }
    this.dropPending('stopped', null)
    const pending: Pending = { request, giveUp: new AbortController(), preparation: null, isDue: false, timer: null }
    this.pending = pending
    this.watchDue(pending)
    void this.prepare(pending)
  }

  stop(playId: PlayId, fadeMs: number): void {
    if (this.pending?.request.playId === playId) {
      this.dropPending('stopped', null)
      this.settle(LINGER_MS)
    } else if (this.loading?.request.playId === playId) {
      this.dropLoading('stopped', null)
      // mpv has let go of the picture before it already.
      this.endShown('stopped', null)
      this.settle(0)
    } else if (this.shown?.request.playId === playId) {
      const { shown } = this
      // A picture does not fade; it goes when the sound beside it has faded.
      const cut = () => {
        if (this.shown !== shown) return
        this.endShown('stopped', null)
        this.settle(0)
      }
      if (fadeMs <= 0) cut()
      else shown.timers.push(this.options.clock.after('fade', fadeMs, cut))
    }
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    this.dropPending('stopped', null)
    this.dropLoading('stopped', null)
    this.endShown('stopped', null)
    this.linger?.cancel()
    await Promise.all([this.engine.close(), this.composer.close()])
    rmSync(join(this.options.runtimeFolder, TICKER_FILE), { force: true })
  }

  /** On a later turn, as the port promises. */
  private emit(event: OutputEvent): void {
    setImmediate(() => this.options.listener(event))
  }

  private ended(request: PlayRequest, how: EndedHow, heardMs: number, fault: Fault | null): void {
    this.emit({ kind: 'ended', output: this.id, playId: request.playId, how, heardMs: Math.round(heardMs), fault })
  }

  // --- what is not on the screen yet

  private async prepare(pending: Pending): Promise<void> {
    const { videoOutput, runtimeFolder, log } = this.options
    const { composer, strips, surface } = this
    const shop = { composer, strips, surface, videoOutput, folder: runtimeFolder, log }
    this.fileCount += 1
    // The name is new each time: mpv may still be reading the one before.
    const fileName = `${randomBytes(4).toString('hex')}-${this.fileCount}.png`
    const preparation = await prepare(shop, pending.request, pending.giveUp.signal, fileName)
    if (this.pending !== pending) {
      if (preparation.kind === 'prepared') preparation.release()
      return
    }
    if (preparation.kind === 'refused') {
      // A play that has failed before its moment does not cut what is on the screen.
      const { isDue } = pending
      this.dropPending('failed', preparation.fault)
      if (isDue) this.endShown('stopped', null)
      this.settle(0)
      return
    }
    pending.preparation = preparation
    // What was learned of its form is known only now.
    if (!pending.isDue) this.watchDue(pending)
    this.takeOver()
  }

  private watchDue(pending: Pending): void {
    pending.timer?.cancel()
    const { preparation, request } = pending
    const form = preparation?.kind === 'prepared' ? preparation.form : 'picture'
    const remainingMs = request.dueAt - this.leadMs[form] - this.options.clock.wall()
    if (remainingMs <= 0) {
      pending.isDue = true
      this.takeOver()
      return
    }
    const delayMs = Math.min(remainingMs, DUE_CHECK_MS)
    pending.timer = this.options.clock.after('picture is due', delayMs, () => this.watchDue(pending))
  }

  private takeOver(): void {
    const { pending } = this
    if (pending?.isDue !== true || pending.preparation?.kind !== 'prepared') return
    this.pending = null
    pending.timer?.cancel()
    this.load(pending.request, pending.preparation)
  }

  private dropPending(how: EndedHow, fault: Fault | null): void {
    const { pending } = this
    if (pending === null) return
    this.pending = null
    pending.timer?.cancel()
    pending.giveUp.abort()
    if (pending.preparation?.kind === 'prepared') pending.preparation.release()
    this.ended(pending.request, how, 0, fault)
  }

  private load(request: PlayRequest, prepared: Prepared): void {
    const { clock } = this.options
    this.dropLoading('stopped', null)
    this.linger?.cancel()
    const patience = clock.after('picture comes up', LOAD_PATIENCE_MS, () =>
      this.engine.replace({ code: 'process-hung', detail: `no picture within ${LOAD_PATIENCE_MS} ms` }),
    )
    const loading: Loading = { request, prepared, entryId: null, sentAt: clock.elapsed(), patience }
    this.loading = loading
    const { url, options } = prepared
    void this.engine.command({ name: 'loadfile', url, flags: 'replace', options }).then((reply) => {
      if (this.loading !== loading || reply.kind === 'lost') return
      const id = reply.kind === 'done' ? entryIdOf(reply.data) : null
      if (id === null) {
        const detail = reply.kind === 'refused' ? reply.error : 'no playlist entry'
        this.failLoading({ code: 'device-failed', detail: `mpv refused to load: ${detail}` })
        return
      }
      loading.entryId = id
      this.confirm()
    })
  }

  private dropLoading(how: EndedHow, fault: Fault | null): void {
    const { loading } = this
    if (loading === null) return
    this.loading = null
    loading.patience.cancel()
    loading.prepared.release()
    this.ended(loading.request, how, 0, fault)
  }

  private failLoading(fault: Fault): void {
    this.dropLoading('failed', fault)
    // mpv has let go of the picture before it already.
    this.endShown('stopped', null)
    this.settle(0)
  }

  // --- what mpv says

  private receive(event: MpvEvent): void {
    switch (event.kind) {
      case 'file-started':
        this.entry = { startedId: event.entryId, isShown: false, hasEnded: false }
        return
      case 'shown':
        this.entry.isShown = true
        this.confirm()
        return
      case 'property':
        if (event.name !== 'eof-reached' || event.value !== true) return
        this.entry.hasEnded = true
        this.confirm()
        return
      case 'file-ended':
        if (event.reason === 'stop' || event.reason === 'quit') return
        this.fileEnded(event.entryId, event.reason, event.error)
    }
  }

  /** Something ended by itself: a broken file, or one that mpv did not keep open. */
  private fileEnded(entryId: number, reason: string, error: string | null): void {
    const fault = error === null && reason === 'eof' ? null : mediaFault(error ?? reason)
    const { loading, shown } = this
    if (loading !== null && (loading.entryId ?? this.entry.startedId) === entryId) {
      this.failLoading(fault ?? mediaFault('no picture in it'))
    } else if (shown?.entryId === entryId) {
      this.endShown(fault === null ? 'finished' : 'failed', fault)
      this.settle(LINGER_MS)
    }
  }

  private confirm(): void {
    const { loading, entry } = this
    if (loading?.entryId === entry.startedId && entry.isShown) this.present(loading)
    if (this.shown?.entryId === entry.startedId && entry.hasEnded) this.finish()
  }

  private present(loading: Loading): void {
    const { clock } = this.options
    const { request, prepared } = loading
    this.endShown('stopped', null)
    this.loading = null
    loading.patience.cancel()
    const startedAt = clock.elapsed()
    const tookMs = Math.min(LEAD_MS_MAX, startedAt - loading.sentAt)
    this.leadMs[prepared.form] = LEAD_MEMORY * this.leadMs[prepared.form] + (1 - LEAD_MEMORY) * tookMs
    const shown: Shown = {
      request,
      entryId: this.entry.startedId,
      startedAt,
      timers: [],
      release: prepared.release,
    }
    this.shown = shown
    this.emit({ kind: 'started', output: this.id, playId: request.playId, at: clock.wall() })
    this.scroll(prepared.ticker)
    this.tellProgress(shown, 1)
    if (request.lengthMs !== null)
      shown.timers.push(
        clock.after('picture ends', request.lengthMs, () => {
          if (this.shown === shown) this.finish()
        }),
      )
  }

  private tellProgress(shown: Shown, count: number): void {
    const { clock } = this.options
    const delayMs = shown.startedAt + count * PROGRESS_EVERY_MS - clock.elapsed()
    const timer = clock.after('progress', Math.max(0, delayMs), () => {
      if (this.shown !== shown) return
      const heardMs = Math.round(clock.elapsed() - shown.startedAt)
      this.emit({ kind: 'progress', output: this.id, playId: shown.request.playId, heardMs })
      shown.timers = shown.timers.filter((each) => each !== timer)
      this.tellProgress(shown, count + 1)
    })
    shown.timers.push(timer)
  }

  private finish(): void {
    this.endShown('finished', null)
    this.settle(LINGER_MS)
  }

  private endShown(how: EndedHow, fault: Fault | null, until: ElapsedMs = this.options.clock.elapsed()): void {
    const { shown } = this
    if (shown === null) return
    this.shown = null
    for (const timer of shown.timers) timer.cancel()
    shown.release()
    this.ended(shown.request, how, Math.max(0, until - shown.startedAt), fault)
  }

  private loseAll(fault: Fault, aliveAt: ElapsedMs): void {
    this.linger?.cancel()
    this.endShown('failed', fault, aliveAt)
    this.dropLoading('failed', fault)
    this.dropPending('failed', fault)
    this.entry = { startedId: -1, isShown: false, hasEnded: false }
    if (this.scrolling !== null) this.strips.giveBack(this.scrolling.text)
    this.scrolling = null
  }

  // --- what is on the screen besides

  /** To the background, unless something is there or comes soon. */
  private settle(lingerMs: number): void {
    this.linger?.cancel()
    if (this.shown !== null || this.loading !== null || this.closing !== null) return
    const { clock } = this.options
    const waitsMs = this.pending === null ? Infinity : this.pending.request.dueAt - clock.wall()
    if (lingerMs > 0) {
      const delayMs = waitsMs <= LINGER_FOR_PENDING_MS ? LINGER_FOR_PENDING_MS : lingerMs
      this.linger = clock.after('picture lingers', delayMs, () => this.settle(0))
      return
    }
    this.scroll(null)
    void this.engine.command(['stop'])
  }

  /** The same line goes on where it is, whatever picture is above it. */
  private scroll(ticker: Ticker | null): void {
    const last = this.scrolling
    if (ticker?.text === last?.text) return
    this.scrolling = ticker
    if (ticker !== null) void this.strips.take(ticker.text)
    const command = ticker === null ? hideTicker() : showTicker(ticker.strip, this.surface, this.options.videoOutput)
    void this.engine.command(command).then(() => {
      if (last !== null) this.strips.giveBack(last.text)
    })
  }

  private async drawStrip(text: string) {
    this.fileCount += 1
    const file = join(this.options.runtimeFolder, `${randomBytes(4).toString('hex')}-${this.fileCount}.bgra`)
    const { width, height } = this.surface
    const job = { kind: 'ticker' as const, text, screenWidth: width, height: tickerHeightPx(height), file }
    const result = await this.composer.compose(job, new AbortController().signal)
    if (result.kind === 'composed') return { file, widthPx: result.width }
    this.options.log.warn({ error: result.error }, 'a ticker cannot be drawn')
    return null
  }
}

const DETAIL_CHARS_MAX = 400

/** In mpv's words; the others are about the file. */
const mediaFault = (reason: string): Fault => ({
  code: reason === 'audio or video output initialization failed' ? 'device-failed' : 'media-unreadable',
  detail: `mpv: ${reason}`.slice(0, DETAIL_CHARS_MAX),
})

const entryIdOf = (data: unknown): number | null =>
  typeof data === 'object' && data !== null && 'playlist_entry_id' in data && typeof data.playlist_entry_id === 'number'
    ? data.playlist_entry_id
    : null

export const openPictureOutput = (options: PictureOutputOptions): Output => new PictureOutput(options)
