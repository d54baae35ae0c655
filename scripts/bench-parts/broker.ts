/**
 * A real Mosquitto for tests and benches: on a free port, in a folder of its own, plain on the loopback or with TLS, client
 * certificates and the access rules that docs/head-end.md recommends.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type ClientFiles = { ca: string; certificate: string; key: string }

export type BrokerOptions = {
  tls: boolean
  /** Name in the certificate of the head-end, which may write `loa/1/down/#` and read `loa/1/up/#`. */
  headEnd?: string
  /** More lines for the configuration file. */
  extra?: readonly string[]
}

export type TestBroker = {
  /** `mqtt://127.0.0.1:port` or `mqtts://localhost:port`; the same after a restart. */
  url: string
  port: number
  folder: string
  /** A certificate for one name, by which the access rules know its bearer. Only with TLS. */
  issueClient: (name: string) => Promise<ClientFiles>
  start: () => Promise<void>
  /** `orderly` lets it write its retained messages; `killed` is what a power cut does. */
  stop: (how?: 'orderly' | 'killed') => Promise<void>
  restart: () => Promise<void>
  /** What it wrote to its log so far. */
  log: () => string
  /** Ends it and removes its folder. */
  dispose: () => Promise<void>
}

const START_MS_MAX = 20_000
const STOP_MS_MAX = 20_000
const POLL_MS = 20
const LOG_CHARACTERS_MAX = 1_000_000
const DAYS_VALID = '3650'

const run = promisify(execFile)
const openssl = (args: readonly string[]) => run('openssl', [...args], { timeout: 30_000 })
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no free port'))
        else resolve(address.port)
      })
    })
  })

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

const makeAuthority = async (folder: string): Promise<void> => {
  const files = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.crt')]
  await openssl(['req', '-x509', ...EC, '-days', DAYS_VALID, '-subj', '/CN=Loa test authority', ...files])
}

const makeCertificate = async (
  folder: string,
  { name, alternativeNames }: { name: string; alternativeNames: string | null },
): Promise<ClientFiles> => {
  const file = (ending: string): string => join(folder, `${name}.${ending}`)
  await openssl(['req', ...EC, '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr')])
  const usage = alternativeNames === null ? 'clientAuth' : `serverAuth\nsubjectAltName=${alternativeNames}`
  await writeFile(file('ext'), `basicConstraints=CA:FALSE\nextendedKeyUsage=${usage}\n`)
  const authority = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial']
  const paths = ['-in', file('csr'), '-out', file('crt'), '-extfile', file('ext')]
  await openssl(['x509', '-req', ...paths, ...authority, '-days', DAYS_VALID])
  await chmod(file('key'), 0o600)
  return { ca: join(folder, 'ca.crt'), certificate: file('crt'), key: file('key') }
}

/** A box hears what is said to boxes and writes only under its own name; the head-end says and hears. */
export const accessRules = (headEnd: string): string =>
  [
    `user ${headEnd}`,
    'topic write loa/1/down/#',
    'topic read loa/1/up/#',
    '',
    'pattern read loa/1/down/#',
    'pattern write loa/1/up/+/%u/#',
    '',
  ].join('\n')

const configure = async (folder: string, port: number, options: BrokerOptions): Promise<string> => {
  const secured = [
    `cafile ${join(folder, 'ca.crt')}`,
    `certfile ${join(folder, 'server.crt')}`,
    `keyfile ${join(folder, 'server.key')}`,
    'require_certificate true',
    'use_identity_as_username true',
    `acl_file ${join(folder, 'acl')}`,
    'allow_anonymous false',
  ]
  const lines = [
    'per_listener_settings false',
    // Started by root it would else become another user, who may not read this folder.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence true',
    `persistence_location ${folder}/`,
    'log_dest stderr',
    'connection_messages true',
    `listener ${port} 127.0.0.1`,
    'set_tcp_nodelay true',
    ...(options.tls ? secured : ['allow_anonymous true']),
    ...(options.extra ?? []),
    '',
  ]
  const file = join(folder, 'mosquitto.conf')
  await writeFile(file, lines.join('\n'))
  return file
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1')
    const settle = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const ended = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('mosquitto did not end')), STOP_MS_MAX)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Debian keeps it in /usr/sbin, which is not in everybody's path. */
const searchPath = (): string => `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`

/** Starts a broker and resolves when it accepts connections. */
export const startBroker = async (options: BrokerOptions): Promise<TestBroker> => {
  const folder = await mkdtemp(join(tmpdir(), 'loa-broker-'))
  let child: ChildProcess | null = null
  let log = ''
  const dropFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })

  const prepare = async () => {
    if (options.tls) {
      await makeAuthority(folder)
      await makeCertificate(folder, { name: 'server', alternativeNames: 'DNS:localhost,IP:127.0.0.1' })
      await writeFile(join(folder, 'acl'), accessRules(options.headEnd ?? 'headend'), { mode: 0o600 })
    }
    const port = await freePort()
    return { port, file: await configure(folder, port, options) }
  }
  const { port, file } = await prepare().catch(async (error: unknown) => {
    await dropFolder()
    throw error
  })

  const stop: TestBroker['stop'] = async (how = 'orderly') => {
    const running = child
    child = null
    if (running === null || hasEnded(running)) return
    running.kill(how === 'orderly' ? 'SIGTERM' : 'SIGKILL')
    await ended(running)
  }

  const start = async (): Promise<void> => {
    if (child !== null && !hasEnded(child)) return
    const started = spawn('mosquitto', ['-c', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: searchPath() },
    })
    child = started
    started.on('error', (error) => {
      log += `cannot start mosquitto: ${error.message}\n`
    })
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARACTERS_MAX)
    })
    const until = performance.now() + START_MS_MAX
    while (!(await accepts(port))) {
      if (started.pid === undefined || hasEnded(started) || performance.now() > until) {
        await stop('killed')
        throw new Error(`mosquitto does not accept connections on port ${port}:\n${log}`)
      }
      await wait(POLL_MS)
    }
  }

  const broker: TestBroker = {
    url: options.tls ? `mqtts://localhost:${port}` : `mqtt://127.0.0.1:${port}`,
    port,
    folder,
    issueClient: (name) => {
      if (!options.tls) throw new Error('a broker without TLS knows no certificates')
      return makeCertificate(folder, { name, alternativeNames: null })
    },
    start,
    stop,
    restart: async () => {
      await stop()
      await start()
    },
    log: () => log,
    dispose: async () => {
      await stop()
      await dropFolder()
    },
  }
  await start().catch(async (error: unknown) => {
    await dropFolder()
    throw error
  })
  return broker
}
