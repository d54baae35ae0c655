/**
 * The yardstick of an interruption: a flow that subscribes to a topic and spawns mpv. Node-RED is installed for the run into
 * the temporary folder; where the registry cannot be reached, a subscriber of a few lines stands in and the table says so.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../bench-parts/broker.ts'
import { launch, until, type Program } from './programs.ts'
import type { Rig } from './rig.ts'
import { mpvPlaying } from './yardsticks.ts'

export type Flow = {
  /** For the table. */
  name: string
  trigger: () => Promise<void>
  stop: () => Promise<void>
}

const TOPIC = 'bench/play'
const INSTALL_MS_MAX = 240_000
const START_MS_MAX = 60_000
const SUBSCRIBER = fileURLToPath(new URL('./mqtt-spawn.js', import.meta.url))

const run = promisify(execFile)

const install = async (folder: string): Promise<string> => {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const quiet = ['--no-audit', '--no-fund', '--omit=dev', '--ignore-scripts', '--loglevel=error']
  await run('npm', ['install', ...quiet, 'node-red@4'], { cwd: folder, timeout: INSTALL_MS_MAX })
  const page: unknown = JSON.parse(readFileSync(join(folder, 'node_modules/node-red/package.json'), 'utf8'))
  return typeof page === 'object' && page !== null && 'version' in page ? String(page.version) : 'of unknown version'
}

/** What a person draws in its editor: an `mqtt in` node wired to an `exec` node. An id may be no word of another property. */
const flowsOf = (brokerPort: number, command: string): string => {
  const broker = { id: 'id-broker', broker: '127.0.0.1', port: String(brokerPort), protocolVersion: '5' }
  const mqttIn = { id: 'id-in', topic: TOPIC, qos: '1', datatype: 'utf8', broker: broker.id, wires: [['id-exec']] }
  const exec = { id: 'id-exec', command, addpay: '', append: '', useSpawn: 'false', wires: [[], [], []] }
  return JSON.stringify([
    { id: 'id-tab', type: 'tab', label: 'bench', disabled: false },
    { ...broker, type: 'mqtt-broker', name: '' },
    { ...mqttIn, type: 'mqtt in', z: 'id-tab' },
    { ...exec, type: 'exec', z: 'id-tab' },
  ])
}

const settingsOf = (port: number): string =>
  `module.exports = ${JSON.stringify({
    uiHost: '127.0.0.1',
    uiPort: port,
    disableEditor: true,
    flowFile: 'flows.json',
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false },
    logging: { console: { level: 'info', metrics: false, audit: false } },
  })}`

const startNodeRed = async (rig: Rig, command: string): Promise<{ name: string; program: Program }> => {
  const folder = rig.file('node-red')
  const version = await install(folder)
  const user = join(folder, 'user')
  mkdirSync(user)
  writeFileSync(join(user, 'flows.json'), flowsOf(Number(new URL(rig.brokerUrl).port), command))
  writeFileSync(join(user, 'settings.js'), settingsOf(await freePort()))
  const script = join(folder, 'node_modules/node-red/red.js')
  const program = launch([process.execPath, script, '--userDir', user, '--settings', join(user, 'settings.js')], {
    env: rig.env,
    logFile: rig.file('node-red.log'),
  })
  return { name: `Node-RED ${version}: mqtt in → exec mpv`, program }
}

export const startFlow = async ({ rig, clip }: { rig: Rig; clip: string }): Promise<Flow> => {
  const command = mpvPlaying(clip)
  const { name, program } = await startNodeRed(rig, command.join(' ')).catch((error: unknown) => {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    process.stderr.write(`Node-RED cannot be had: ${reason}\n`)
    return {
      name: 'Node-RED could not be installed; a subscriber of ten lines that spawns mpv',
      program: launch([process.execPath, SUBSCRIBER, rig.brokerUrl, TOPIC, ...command], {
        env: rig.env,
        logFile: rig.file('subscriber.log'),
      }),
    }
  })
  try {
    await until(`${name} is connected`, () => /connected to broker/i.test(program.log()), START_MS_MAX)
  } catch (error) {
    await program.stop()
    throw error
  }
  return {
    name,
    trigger: () => rig.headEnd.line.publish(TOPIC, 'play', { retain: false }),
    stop: program.stop,
  }
}
