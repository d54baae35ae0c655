/** One whole demo: builds the parts, airs the programme, keeps the evidence, judges it, and takes everything down again. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { askAgent } from '../../config/ask.ts'
import { addMs, wallMs, type WallMs } from '../../player/plan/time.ts'
import type { HeadEnd } from '../head-end/head-end.ts'
import type { HeadEndEvent } from '../head-end/receive.ts'
import { measure } from '../head-end/media-files.ts'
import { startBox, type Box } from './box.ts'
import { checkEvidence } from './check.ts'
import { hasScreen, hasSoundCard, realScreen, type Screen, type Sound, virtualScreen, virtualSound } from './devices.ts'
import { FILES, momentText, openEvidence, scheduleFile, type Asked, type Evidence, type Picture } from './evidence.ts'
import { clearRetained, now, openDemoHeadEnd, publishDemoPlan, type Place } from './head-end.ts'
import { openNarrator, type Narrator } from './narrate.ts'
import { acknowledgementOf, heartbeatOf, newRecordOf, openNews, stateOf, type News } from './news.ts'
import type { RunOptions } from './options.ts'
import { startOwnBroker } from './own-broker.ts'
import {
  BULLETIN_MS_MAX,
  expectedOf,
  periodMs,
  programmesOf,
  roundMs,
  roundStarts,
  ROUNDS_MAX,
  TIME_ZONE,
  type Expected,
} from './programme.ts'
import { makeSamples, type Samples } from './samples.ts'
import type { Terminal } from './terminal.ts'
import type { Words } from './words.ts'
import { SIRENS } from '../../agent/siren.ts'

export type ShowNeeds = {
  options: RunOptions
  words: Words
  terminal: Terminal
  env: NodeJS.ProcessEnv
  /** Aborted by Ctrl-C with no error as its reason, by a fault with the fault. */
  stop: AbortController
  /** Registers what must be ended at once when the person will not wait. */
  onKill: (kill: () => void) => void
}
export type Outcome = 'right' | 'wrong' | 'interrupted'

/** From the publication to the first start: the box takes a schedule in well under a second. */
const LEAD_MS = 7_000
/** After the last round: its records, and a second of recorded silence. */
const TAIL_MS = 3_000
const BIRTH_MS_MAX = 30_000
const MEDIA_MS_MAX = 60_000
const RECORDS_MS_MAX = 15_000
const STATUS_MS = 400
const TICK_MS = 100

type Close = () => Promise<void> | void

type Stage = {
  needs: ShowNeeds
  signal: AbortSignal
  narrator: Narrator
  news: News
  evidence: Evidence | null
  asked: { current: Asked | null }
  own: (close: Close) => void
}

const size = ({ width, height }: { width: number; height: number }): string => `${width}×${height}`

const openDevices = async ({ needs, narrator, own }: Stage): Promise<{ sound: Sound; screen: Screen }> => {
  const { options, env, words } = needs
  const isAttended = options.forSeconds === null
  const display = env['DISPLAY'] ?? ''
  const sound: Sound = isAttended && (await hasSoundCard()) ? { kind: 'real' } : await virtualSound(own)
  narrator.ready(words.card[sound.kind])
  const screen: Screen =
    isAttended && display !== '' && (await hasScreen(display)) ? realScreen(display) : await virtualScreen(own)
  narrator.ready(screen.kind === 'real' ? words.screen.real(size(screen)) : words.screen.virtual(size(screen.display)))
  return { sound, screen }
}

const openBroker = async ({ needs, narrator, own }: Stage): Promise<string> => {
  const { options, words } = needs
  if (options.broker !== null) {
    narrator.ready(words.givenBroker, options.broker)
    return options.broker
  }
  const { url, close } = await startOwnBroker()
  own(close)
  narrator.ready(words.ownBroker, url)
  return url
}

const hireBox = (
  { needs, own }: Stage,
  options: Omit<Parameters<typeof startBox>[0], 'onLost' | 'display' | 'width' | 'height' | 'env'>,
  { sound, screen }: { sound: Sound; screen: Screen },
): Box => {
  const { name, width, height } = screen.kind === 'real' ? screen : screen.display
  const box = startBox({
    ...options,
    display: name,
    width,
    height,
    env: sound.kind === 'virtual' ? sound.card.env : needs.env,
    onLost: (fault) => needs.stop.abort(fault),
  })
  needs.onKill(box.kill)
  own(box.stop)
  return box
}

/** Real events, not sleeps: the box is there, has every file, and both outputs would play now. */
const untilReady = async ({ needs, narrator, news }: Stage, { device }: Place, files: number): Promise<void> => {
  const { words } = needs
  await news.wait((event) => (stateOf(event)?.device === device ? true : null), {
    claim: words.wait.birth,
    msMax: BIRTH_MS_MAX,
  })
  const link = await news.wait(
    (event) => {
      const heartbeat = heartbeatOf(event)
      if (heartbeat?.device !== device || heartbeat.cache.readyFiles < SIRENS.length + files) return null
      return heartbeat.outputs.every(({ state }) => state === 'ready') ? (heartbeat.link ?? null) : null
    },
    { claim: words.wait.media, msMax: MEDIA_MS_MAX },
  )
  narrator.ready(words.online(link.protocolVersion === 5 ? 'MQTT 5' : 'MQTT 3.1.1'))
  narrator.ready(words.mediaReady(files))
}

const roundsFor = (options: RunOptions, startedAt: WallMs, first: WallMs, bulletinMs: number): number => {
  if (options.forSeconds === null) return ROUNDS_MAX
  const leftMs = startedAt + options.forSeconds * 1_000 - first - TAIL_MS
  return Math.max(1, Math.floor((leftMs - roundMs(bulletinMs)) / periodMs(bulletinMs)) + 1)
}

const publish = async (
  { needs, narrator, news, asked }: Stage,
  headEnd: HeadEnd,
  {
    place,
    samples,
    bulletinMs,
    file,
    startedAt,
  }: {
    place: Place
    samples: Samples
    bulletinMs: number
    file: string
    startedAt: WallMs
  },
): Promise<Asked & { topics: string[] }> => {
  const { words, options } = needs
  const first = wallMs(Math.ceil((now() + LEAD_MS) / 1_000) * 1_000)
  const starts = roundStarts(first, roundsFor(options, startedAt, first, bulletinMs), bulletinMs)
  const { manifest, schedule, revision } = await publishDemoPlan(headEnd, {
    file,
    place,
    samples,
    drawn: { starts, bulletinMs },
  })
  const { device, area } = place
  asked.current = { device, area, revision, starts, bulletinMs, expected: expectedOf(starts, bulletinMs) }
  narrator.ready(words.published(revision))
  await news.wait(
    (event) => {
      const answer = acknowledgementOf(event)
      return answer?.messageId === schedule.messageId && answer.outcome === 'current' ? true : null
    },
    { claim: words.wait.current, msMax: Math.max(1, first - now()) },
  )
  narrator.ready(words.current)
  narrator.heading(words.planned)
  narrator.plan(programmesOf(bulletinMs), first)
  if (options.forSeconds === null)
    needs.terminal.line(`    ${words.rounds(periodMs(bulletinMs) / 1_000)} ${words.endWithCtrlC}`)
  needs.terminal.line()
  needs.terminal.line(`  ${needs.terminal.paint(words.legend, 'dim')}`)
  needs.terminal.line()
  return { ...asked.current, topics: [manifest.topic, schedule.topic] }
}

/** Each in the middle of its item in the first round; the film twice, to see it move. */
const takePictures = async (
  screen: Screen,
  expected: readonly Expected[],
  { evidence, signal }: Stage,
): Promise<Picture[]> => {
  const pictures: Picture[] = []
  if (screen.kind === 'real' || evidence === null) return pictures
  const shots = [
    { file: FILES.poster, shows: 'poster', afterMs: 3_000 },
    { file: FILES.film, shows: 'film', afterMs: 1_500 },
    { file: FILES.filmLater, shows: 'film', afterMs: 3_000 },
    { file: FILES.board, shows: 'slide', afterMs: 5_000 },
  ]
  for (const { file, shows, afterMs } of shots) {
    const airing = expected.find(({ name, round }) => name === shows && round === 0)
    if (airing === undefined) continue
    await sleep(Math.max(0, airing.startsAt + afterMs - now()), undefined, { signal })
    const takenFrom = momentText(now())
    evidence.addPicture(file, await screen.display.screenshot())
    pictures.push({ file, shows, takenFrom, takenUntil: momentText(now()) })
  }
  return pictures
}

/** Tells what is due at its moment, what plays as the box says it, and counts down to the next. */
const watch = async ({ needs, narrator, signal }: Stage, box: Box, { starts, expected }: Asked, endsAt: WallMs) => {
  const { terminal, words } = needs
  const dues = expected.toSorted((a, b) => a.startsAt - b.startsAt)
  let next = 0
  let askedAt = 0
  let spoken = ''
  while (!signal.aborted && now() < endsAt) {
    for (; (dues[next]?.startsAt ?? Infinity) <= now(); next += 1) {
      const due = dues[next]
      if (due !== undefined) narrator.due(due)
    }
    const [first] = starts
    const untilMs = (first ?? 0) - now()
    const countdown = words.countdown(String(Math.ceil(untilMs / 1_000)))
    if (untilMs > 0) {
      terminal.status(`  ${terminal.paint(countdown, 'strong')}`)
      if (!terminal.isLive && spoken !== countdown) terminal.line(`  ${countdown}`)
      spoken = countdown
    } else if (now() - askedAt >= STATUS_MS) {
      askedAt = now()
      const answer = await askAgent(box.socket)
      if (answer.kind === 'ok') {
        narrator.plays(answer.status, now())
        const upcoming = dues[next]
        const leftSeconds = Math.max(0, Math.ceil(((upcoming?.startsAt ?? endsAt) - now()) / 1_000))
        const tail = upcoming === undefined ? words.waiting(leftSeconds) : `${words.next}: ${leftSeconds} s`
        narrator.statusLine(answer.status, tail)
      }
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined)
  }
  terminal.status(null)
}

const untilRecorded = async ({ needs, news }: Stage, wanted: number): Promise<void> => {
  const seen = new Set<string>()
  await news.wait(
    (event) => {
      const record = newRecordOf(event)
      if (record !== null) seen.add(record.recordId)
      return seen.size >= wanted ? true : null
    },
    { claim: needs.words.wait.records, msMax: RECORDS_MS_MAX },
  )
}

const onEvent =
  ({ narrator, asked, evidence }: Pick<Stage, 'narrator' | 'asked' | 'evidence'>) =>
  (event: HeadEndEvent): void => {
    const record = newRecordOf(event)
    if (record !== null) {
      evidence?.addRecord(record)
      narrator.record(record, asked.current?.expected ?? [])
    }
    const heartbeat = heartbeatOf(event)
    if (heartbeat !== null) evidence?.addHeartbeat(heartbeat)
    if (event.kind === 'uplink' && event.uplink.kind === 'alarm' && event.uplink.message.state === 'raised') {
      const { code, subject, detail } = event.uplink.message
      narrator.alarm(`${code} ${subject}: ${detail}`, now())
    }
    const refusal = event.kind === 'uplink' && event.uplink.kind === 'acknowledgement' ? event.uplink.message : null
    if (refusal?.outcome === 'refused') narrator.alarm(`${refusal.kind ?? ''} ${refusal.reason ?? ''}`, now())
    if (event.kind === 'refused' || event.kind === 'chain-break') narrator.alarm(JSON.stringify(event), now())
  }

/** Rounds that were over when the demo ended; the others were cut by the person, and nobody owes them. */
const wholeRounds = ({ starts, bulletinMs }: Asked, at: WallMs): number =>
  starts.filter((start) => start + roundMs(bulletinMs) <= at).length

const air = async (stage: Stage, folder: string, startedAt: WallMs): Promise<Finished> => {
  const { needs, narrator, signal, own, news, evidence } = stage
  const { words, options, terminal } = needs
  terminal.status(`  ${words.makingSamples}`)
  const samples = await makeSamples(join(folder, 'samples'), signal)
  const [bulletin, film] = [await measure(samples.bulletin), await measure(samples.film)]
  terminal.status(null)
  const bulletinMs = Math.min(BULLETIN_MS_MAX, bulletin.durationMs ?? BULLETIN_MS_MAX)
  const length = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  narrator.ready(words.samplesMade(length(bulletinMs), length(16_000), length(film.durationMs ?? 0)))
  const { sound, screen } = await openDevices(stage)
  const brokerUrl = await openBroker(stage)
  const mark = randomBytes(4).toString('hex')
  const place: Place = { device: `demo-${mark}`, area: `vn/demo/xa-${mark}`, issuer: `xa-demo-${mark}` }
  const { headEnd, rootKey } = await openDemoHeadEnd(folder, { brokerUrl, place, listener: news.hear })
  own(headEnd.close)
  narrator.ready(words.headEnd, headEnd.mediaUrl)
  const topics = new Set<string>()
  if (options.broker !== null) own(() => clearRetained(headEnd, place, topics))
  const drafts = { place, samples, file: join(folder, 'schedule.yaml') }
  const first = await publishDemoPlan(headEnd, { ...drafts, drawn: null })
  for (const { topic } of [first.manifest, first.schedule]) topics.add(topic)
  const { device, area } = place
  const box = hireBox(stage, { folder, device, area, rootKey, brokerUrl }, { sound, screen })
  narrator.ready(`${words.agentStarted}  ${device}`, `${area}, pid ${box.pid}`)
  await untilReady(stage, place, Object.keys(samples).length)
  const published = await publish(stage, headEnd, { ...drafts, bulletinMs, startedAt })
  const lastEnd = addMs(published.starts.at(-1) ?? now(), roundMs(bulletinMs) + TAIL_MS)
  const endsAt = wallMs(Math.max(lastEnd, startedAt + (options.forSeconds ?? 0) * 1_000))
  const pictures: Picture[] = []
  const shooting = takePictures(screen, published.expected, stage).then((taken) => pictures.push(...taken))
  // Judged by what is missing; a fault of the camera itself must not end the demo in mid-programme.
  const shot = shooting.catch((error: unknown) => {
    if (!signal.aborted) narrator.alarm(String(error), now())
  })
  await watch(stage, box, published, endsAt)
  await shot
  if (signal.reason instanceof Error && signal.reason.name !== 'AbortError') throw signal.reason
  const whole = wholeRounds(published, now())
  const expected = published.expected.filter(({ round }) => round < whole)
  if (!signal.aborted) await untilRecorded(stage, expected.length)
  await box.stop()
  if (sound.kind === 'virtual' && evidence !== null) {
    await sound.recording.stop()
    sound.recording.save(join(evidence.folder, FILES.sound))
  }
  const recordedFrom = sound.kind === 'virtual' ? wallMs(Math.round(sound.recording.wallAt(0))) : null
  const isSeen = screen.kind === 'virtual' && whole > 0
  evidence?.writeSchedule(
    scheduleFile(
      { ...published, expected, starts: published.starts.slice(0, whole) },
      { recordedFrom, pictures: isSeen ? pictures : null },
    ),
  )
  return { whole }
}

type Finished = { whole: number }

const stamp = (): string => momentText(now()).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')

const judge = async ({ needs, narrator, evidence }: Stage, { whole }: Finished): Promise<Outcome> => {
  const { words, terminal, stop } = needs
  if (evidence === null) return stop.signal.aborted ? 'interrupted' : 'right'
  if (whole === 0) {
    terminal.line(`  ${words.nothingWhole}`)
    return 'interrupted'
  }
  narrator.heading(words.checking)
  const findings = await checkEvidence(evidence.folder)
  narrator.findings(findings)
  const wrong = findings.filter(({ isRight }) => !isRight).length
  terminal.line()
  if (wrong === 0) terminal.line(`  ${terminal.paint('✓', 'good')} ${words.allRight(findings.length)}`)
  else terminal.line(`  ${terminal.paint('✗', 'bad')} ${words.notRight(wrong, findings.length)}`)
  terminal.line(`  ${words.left(evidence.folder)}`)
  return wrong === 0 ? 'right' : 'wrong'
}

export const runShow = async (needs: ShowNeeds): Promise<Outcome> => {
  const { options, words, terminal, stop } = needs
  const startedAt = now()
  const closers: Close[] = []
  const own = (close: Close) => void closers.push(close)
  const folder = mkdtempSync(join(tmpdir(), 'loa-demo-'))
  own(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  const narrator = openNarrator(terminal, words)
  const out = options.out ?? (options.forSeconds === null ? join(folder, 'out') : join('demo-out', stamp()))
  try {
    mkdirSync(join(folder, 'run'), { recursive: true })
    const evidence = openEvidence(resolve(out))
    const parts = { needs, signal: stop.signal, narrator, evidence, asked: { current: null }, own }
    const stage: Stage = { ...parts, news: openNews(stop.signal, onEvent(parts)) }
    terminal.line()
    terminal.line(`  ${terminal.paint(words.title, 'strong')}  ${words.subtitle}`)
    terminal.line()
    const finished = await air(stage, folder, startedAt)
    return await judge(stage, finished)
  } finally {
    terminal.status(null)
    terminal.line()
    terminal.line(`  ${words.stopping}`)
    for (const close of closers.toReversed())
      await Promise.resolve(close()).catch((error: unknown) => terminal.line(`  ! ${String(error)}`))
    terminal.line(`  ${words.stopped}`)
  }
}

export { TIME_ZONE }
