/**
 * One village on this machine: a real Mosquitto, the reference head-end with its keys, a virtual card, perhaps a virtual
 * screen, and the agent as a process of its own. Everything listens on the loopback alone.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addMs, wallMs } from '../../player/plan/time.ts'
import { startBroker } from '../bench-parts/broker.ts'
import { startDisplay } from '../bench-parts/display.ts'
import { startVirtualCard, type VirtualCard, ZONES } from '../bench-parts/sound.ts'
import { startHeadEnd, type HeadEnd } from '../head-end/head-end.ts'
import { makeIssuerKey, makeRootKey, readIssuerKey, readRootKey } from '../head-end/keys.ts'
import { publishPlan } from '../head-end/orders.ts'
import { compilePlan } from '../head-end/plan-compile.ts'
import type { RegisteredFile } from '../head-end/media-files.ts'
import type { Uplink } from '../head-end/uplink-read.ts'
import { launch, until, type Program } from './programs.ts'
import type { Command } from './yardsticks.ts'

const AREA = 'vn/08/02215'
export const DEVICE = 'loa-bench-1'
export const TARGET = { device: DEVICE }
export const BOARD = { width: 1280, height: 720 }

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const DAY_MS = 86_400_000
/** Everything is local and small; what takes longer than this has gone wrong. */
const READY_MS_MAX = 30_000

export type Programme = {
  id: string
  /** Moments of the wall clock, on whole seconds. */
  starts: readonly number[]
  /** File of the media folder. */
  sound?: string
  still?: { file: string; lengthSeconds: number }
  /** Played again and again for so long. Left out: once. */
  loopSeconds?: number
}

export type Rig = {
  folder: string
  /** A place in the folder for media of this run. */
  file: (name: string) => string
  card: VirtualCard
  /** Env of the card and of the screen, if there is one. */
  env: NodeJS.ProcessEnv
  brokerUrl: string
  headEnd: HeadEnd
  /** How the agent is started, for those who start it themselves. */
  agentStart: Start
  startAgent: (options?: AgentOptions) => Promise<Program>
  /** Publishes a schedule, and resolves with its files when it is in force and all of them are on the boxes. */
  publish: (
    agent: Program | readonly Program[],
    programmes: readonly Programme[],
    alsoKeep?: readonly string[],
    /** The one box, or all of them where there are more, if not said. */
    target?: typeof TARGET | typeof EVERYWHERE,
  ) => Promise<RegisteredFile[]>
  /** All that the boxes have told, oldest first. */
  uplinks: readonly Uplink[]
  /** What else must not outlive the measurement, however it ends; it may be closed already. */
  alsoClose: (close: () => Promise<void>) => void
  dispose: () => Promise<void>
}

/** `zone`: another box, whose cabinet is one channel of the card. */
export type AgentOptions = {
  ownNode?: boolean
  zone?: Zone
  /** Of other cards than the rig's. */
  env?: NodeJS.ProcessEnv
}
type Zone = (typeof ZONES)[number]
export const deviceOf = (zone: Zone): string => `${DEVICE}-${zone}`

/** Of all boxes of this rig. */
export const EVERYWHERE = { area: AREA }

const MAIN = fileURLToPath(new URL('../../agent/main.js', import.meta.url))
const UNIT = fileURLToPath(new URL('../../../systemd/loa.service', import.meta.url))

/** A box is started by its service, and so is what is measured here: flags of Node and settings of its memory. */
const serviceOf = (unit: string): { flags: string[]; env: NodeJS.ProcessEnv } => {
  const [, ...words] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ')
  const settings = unit.matchAll(/\b(MALLOC_[A-Z_]+)=(\S+)/g)
  const flags = words.slice(
    0,
    words.findIndex((word) => !word.startsWith('--')),
  )
  return { flags, env: Object.fromEntries([...settings].map(([, name = '', value]) => [name, value])) }
}

export type Start = { command: Command; env: NodeJS.ProcessEnv }

const startOf = (node: string, settingsFile: string, env: NodeJS.ProcessEnv): Start => {
  const service = serviceOf(readFileSync(UNIT, 'utf8'))
  return { command: [node, ...service.flags, MAIN, '--settings', settingsFile], env: { ...env, ...service.env } }
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
const dateTime = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')

const enrol = async (folder: string) => {
  const root = await makeRootKey(folder)
  const grant = {
    issuer: 'xa-02215',
    area: AREA,
    highestPriority: 'alert' as const,
    kinds: ['schedule' as const, 'media' as const, 'alert' as const, 'command' as const, 'receipt' as const],
    from: wallMs(Date.now() - DAY_MS),
    until: wallMs(Date.now() + 30 * DAY_MS),
  }
  const issuer = await makeIssuerKey(await readRootKey(root.file), grant, folder)
  return { root: root.x, signer: await readIssuerKey(issuer.file) }
}

const planText = (programmes: readonly Programme[], alsoKeep: readonly string[]): string =>
  JSON.stringify({
    schedule: 'bench',
    timeZone: 'Etc/UTC',
    validFrom: day(Date.now() - DAY_MS),
    validUntil: day(Date.now() + 30 * DAY_MS),
    alsoKeep,
    programmes: programmes.map(({ id, starts, sound, still, loopSeconds }) => ({
      id,
      title: `Chương trình ${id}`,
      on: starts.map(dateTime),
      whenInterrupted: 'resume',
      ...(loopSeconds === undefined ? {} : { playlist: { for: `${loopSeconds}s`, loop: true } }),
      items: [
        ...(sound === undefined ? [] : [{ sound }]),
        ...(still === undefined ? [] : [{ still: still.file, for: `${still.lengthSeconds}s` }]),
      ],
    })),
  })

export type RigOptions = {
  screen?: boolean
  /** False: tones are told by the level at which they were made. True: as a box has it by default. */
  isLevelled?: boolean
}

export const startRig = async ({ screen = false, isLevelled = false }: RigOptions = {}): Promise<Rig> => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-bench-'))
  const file = (name: string): string => join(folder, name)
  const closers: (() => Promise<void>)[] = []
  const dispose = async () => {
    for (const signal of SIGNALS) process.off(signal, interrupted)
    for (const close of closers.splice(0).reverse()) await close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  // Nothing that was started outlives the measurement, however it ends.
  function interrupted(signal: NodeJS.Signals): void {
    void dispose().finally(() => process.exit(128 + constants.signals[signal]))
  }
  for (const signal of SIGNALS) process.once(signal, interrupted)
  try {
    const uplinks: Uplink[] = []
    const card = await startVirtualCard()
    closers.push(card.dispose)
    const display = screen ? await startDisplay(BOARD) : null
    if (display !== null) closers.push(display.close)
    const env = { ...card.env, ...(display === null ? {} : { DISPLAY: display.name }) }
    const broker = await startBroker({ tls: false })
    closers.push(broker.dispose)
    const { root, signer } = await enrol(folder)
    const headEnd = await startHeadEnd({
      databaseFile: file('head-end.sqlite'),
      mediaFolder: file('media'),
      broker: { url: broker.url },
      area: AREA,
      signer,
      media: { listenHost: '127.0.0.1', listenPort: 0, publicUrl: null },
      now: () => wallMs(Date.now()),
      listener: (event) => {
        if (event.kind === 'uplink') uplinks.push(event.uplink)
      },
    })
    closers.push(headEnd.close)
    const settingsFile = file('loa.yaml')
    const picture = { name: 'bang', medium: 'picture', videoOutput: 'x11', display: display?.name, ...BOARD }
    const settings = {
      device: DEVICE,
      area: `${AREA}/thon-5`,
      trust: { root },
      broker: { url: broker.url },
      outputs: [{ name: 'loa', medium: 'sound' }, ...(display === null ? [] : [picture])],
      state: { folder: file('state') },
      // The machine's own clock is what the recording is compared with, whether or not somebody confirms it.
      clock: { source: 'battery' },
      control: { socket: file('run/agent.sock') },
      loudness: { enabled: isLevelled },
    }
    writeFileSync(settingsFile, JSON.stringify(settings))
    const settingsOfZone = (zone: Zone): string => {
      const outputs = [{ name: 'loa', medium: 'sound', device: zone }]
      const own = { device: deviceOf(zone), state: { folder: file(`state-${zone}`) } }
      const control = { socket: file(`run/agent-${zone}.sock`) }
      const zoneFile = file(`loa-${zone}.yaml`)
      writeFileSync(zoneFile, JSON.stringify({ ...settings, ...own, outputs, control }))
      return zoneFile
    }

    let started = 0
    const startAgent: Rig['startAgent'] = async ({ ownNode = false, zone, env: ownEnv = {} } = {}) => {
      const device = zone === undefined ? DEVICE : deviceOf(zone)
      // A copy is another file to the kernel: pages of Node are then shared within the agent, and with no stranger.
      const node = ownNode ? file('node') : process.execPath
      if (ownNode) copyFileSync(process.execPath, node)
      const start = startOf(node, zone === undefined ? settingsFile : settingsOfZone(zone), { ...env, ...ownEnv })
      started += 1
      const logFile = file(`agent-${started}.log`)
      const agent = launch(start.command, { env: start.env, logFile })
      closers.push(agent.stop)
      const born = () =>
        uplinks.some(({ kind, message }) => kind === 'state' && message.cause === 'birth' && message.device === device)
      const isReady = () => born() && agent.log().includes('sound output is ready')
      const claim = `the agent is connected and has its card; see its log:\n${agent.log().slice(-2_000)}`
      await until(claim, () => isReady() || !agent.isRunning(), READY_MS_MAX)
      if (!agent.isRunning()) throw new Error(`the agent ended at once: ${agent.log().slice(-2_000)}`)
      return agent
    }
    const publish: Rig['publish'] = async (oneOrMore, programmes, alsoKeep = [], target) => {
      const agents = [oneOrMore].flat()
      const planFile = file('plan.yaml')
      writeFileSync(planFile, planText(programmes, alsoKeep))
      const plan = await compilePlan(planFile, headEnd.shelf)
      const { schedule } = await publishPlan(headEnd.desk, plan, target ?? (agents.length === 1 ? TARGET : EVERYWHERE))
      const isCurrent = ({ kind, message }: Uplink) =>
        kind === 'acknowledgement' && message.messageId === schedule.messageId && message.outcome === 'current'
      const isInForce = () => uplinks.filter(isCurrent).length >= agents.length
      await until('the schedule is in force', isInForce, READY_MS_MAX)
      const isFetched = ({ sha256 }: RegisteredFile) =>
        agents.every((agent) =>
          agent
            .log()
            .split('\n')
            .some((line) => line.includes(sha256) && line.includes('"outcome":"ready"')),
        )
      await until('the media are on the box', () => plan.files.every(isFetched), READY_MS_MAX)
      return plan.files
    }
    const agentStart = startOf(process.execPath, settingsFile, env)
    const village = { brokerUrl: broker.url, headEnd, agentStart, startAgent, publish }
    const alsoClose: Rig['alsoClose'] = (close) => void closers.push(close)
    return { folder, file, card, env, uplinks, alsoClose, ...village, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** The first whole second that lies at least so far ahead. */
export const wholeSecondIn = (ms: number): number => Math.ceil((Date.now() + ms) / 1_000) * 1_000

export const nowPlus = (ms: number) => addMs(wallMs(Date.now()), ms)
