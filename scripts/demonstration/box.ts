/** One box: the agent as a process of its own, started by a settings file like any other. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { ClearError } from '../head-end/clear-error.ts'
import { BOARD, CABINET } from './programme.ts'

const AGENT = fileURLToPath(new URL('../../agent/main.js', import.meta.url))
/** The agent waits up to 3 s for its outputs' last words, and for the broker after that. */
const STOP_MS_MAX = 12_000
const LOG_CHARACTERS_MAX = 1_500

export type BoxOptions = {
  folder: string
  device: string
  area: string
  rootKey: string
  brokerUrl: string
  display: string
  width: number
  height: number
  env: NodeJS.ProcessEnv
  /** Told when it ends without having been asked to. */
  onLost: (fault: Error) => void
}
export type Box = { pid: number; logFile: string; socket: string; stop: () => Promise<void>; kill: () => void }

const settingsOf = ({ folder, device, area, rootKey, brokerUrl, display, width, height }: BoxOptions) => ({
  device,
  area,
  trust: { root: rootKey },
  broker: { url: brokerUrl, keepaliveSeconds: 10 },
  outputs: [
    { name: CABINET, medium: 'sound', device: 'default' },
    { name: BOARD, medium: 'picture', videoOutput: 'x11', display, width, height },
  ],
  state: { folder: join(folder, 'state') },
  media: { quotaBytes: 200_000_000 },
  heartbeat: { seconds: 2 },
  // The demo airs seconds after its start, and this machine's own clock is the one by which it is judged.
  clock: { source: 'battery' },
  control: { socket: join(folder, 'run', 'agent.sock') },
})

const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

export const startBox = (options: BoxOptions): Box => {
  const { folder, env, onLost } = options
  const settingsFile = join(folder, 'loa.yaml')
  const logFile = join(folder, 'agent.log')
  const settings = settingsOf(options)
  writeFileSync(settingsFile, stringify(settings))
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, [AGENT, '--settings', settingsFile], {
    env,
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C is ours to answer, and what is left of a killed agent can be ended as one.
    detached: true,
  })
  closeSync(log)
  const { pid } = child
  let isWanted = true
  const gone = new Promise<void>((resolve) => {
    const leave = (how: string) => {
      resolve()
      if (!isWanted) return
      const said = readFileSync(logFile, 'utf8').slice(-LOG_CHARACTERS_MAX).trim()
      onLost(new ClearError(`the agent ended by itself (${how}); its last words:\n${said}`))
    }
    child.once('error', (error) => leave(error.message))
    child.once('exit', (code, signal) => leave(signal ?? `code ${code ?? 'unknown'}`))
  })
  if (pid === undefined) throw new ClearError('the agent cannot be started')
  const kill = () => {
    isWanted = false
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // ESRCH: nobody of the group is left.
    }
  }
  return {
    pid,
    logFile,
    socket: settings.control.socket,
    kill,
    stop: async () => {
      isWanted = false
      if (!isOver(child)) child.kill('SIGTERM')
      const patience = setTimeout(kill, STOP_MS_MAX)
      await gone
      clearTimeout(patience)
      kill()
    },
  }
}
