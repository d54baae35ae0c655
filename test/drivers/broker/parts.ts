/** Real parts for the tests of the line to the broker: a running clock, Mosquitto and its own clients, a bad network. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import type { BrokerEvent } from '../../../agent/ports/broker.ts'
import { type BrokerOptions, openBroker } from '../../../drivers/broker/broker.ts'
import { elapsedMs, wallMs } from '../../../player/plan/time.ts'
import type { Clock } from '../../../player/ports/clock.ts'
import { brokerFor } from '../../fixtures/broker.ts'

const WAIT_MS_MAX = 30_000

export const runningClock: Clock = {
  wall: () => wallMs(Date.now()),
  elapsed: () => elapsedMs(performance.now()),
  trust: () => 'synced',
  after: (_name, delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

export const until = async (what: string, isSo: () => boolean | Promise<boolean>, msMax = WAIT_MS_MAX) => {
  const started = performance.now()
  while (!(await isSo())) {
    if (performance.now() - started > msMax) throw new Error(`did not happen within ${msMax} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Saves what it retains at once, as far as Mosquitto can, so that a kill finds something on the disk. */
export const mosquittoFor = (t: Parameters<typeof brokerFor>[0], extra: readonly string[] = []) =>
  brokerFor(t, { tls: false, extra: ['autosave_on_changes true', 'autosave_interval 1', ...extra] })

const run = (file: string, args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(file, args, { timeout: WAIT_MS_MAX, maxBuffer: 32_000_000 }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${file} failed`, { cause: error }))
    })
  })

export const publishBy = (port: number, topic: string, payload: string, ...more: string[]) =>
  run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-m', payload, '-q', '1', ...more])

/** What is retained now, or null. */
export const retainedAt = async (port: number, topic: string): Promise<string | null> => {
  try {
    return (
      await run('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-C', '1', '-W', '1'])
    ).trim()
  } catch {
    return null
  }
}

/** Everything that is published on a topic, as one line each, in order. */
export const watch = (port: number, topic: string) => {
  const seen: string[] = []
  const child = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-F', '%r %p'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n')
    rest = lines.pop() ?? ''
    seen.push(...lines)
  })
  return {
    seen,
    end: async () => {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** A TCP line that can be cut, or made to swallow everything without a word. */
export const startProxy = async (targetPort: number) => {
  type Line = { near: net.Socket; far: net.Socket; stalled: boolean }
  const lines = new Set<Line>()
  let endedWhileStalled = 0
  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true })
    const line: Line = { near, far, stalled: false }
    lines.add(line)
    const join = (from: net.Socket, to: net.Socket) => {
      from.on('data', (chunk) => {
        if (!line.stalled) to.write(chunk)
      })
      from.on('end', () => {
        if (!line.stalled) to.end()
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        if (!line.stalled) to.destroy()
      })
    }
    join(near, far)
    join(far, near)
    // A stalled line does not pass the end on, but it is over for the far end all the same.
    for (const event of ['end', 'close']) {
      far.once(event, () => {
        if (line.stalled) endedWhileStalled += 1
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const drop = ({ near, far }: Line) => {
    near.destroy()
    far.destroy()
  }
  return {
    port: address.port,
    /** Neither end of the open lines hears of the other again, nor of its end. New lines work. */
    stall: () => lines.forEach((line) => void (line.stalled = true)),
    /** How often the target gave a stalled line up. */
    endedWhileStalled: () => endedWhileStalled,
    cut: () => lines.forEach(drop),
    close: async () => {
      lines.forEach(drop)
      server.close()
      await once(server, 'close')
    },
  }
}

export const STATE_TOPIC = 'loa/1/up/state/box-1/vn/08'

/** A box that records what it is told; it publishes a birth message on every connection, as the agent does. */
export const openBox = (more: Partial<BrokerOptions> & { url: string }) => {
  const events: BrokerEvent[] = []
  const logged: string[] = []
  const write = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  let births = 0
  const broker = openBroker({
    clientId: 'box-1',
    keepaliveSeconds: 30,
    subscriptions: ['loa/1/down/+/+/area/vn', 'loa/1/down/+/+/device/box-1'],
    payloadBytesMax: 100_000,
    will: { topic: STATE_TOPIC, payload: 'offline by will' },
    clock: runningClock,
    chance: () => 0,
    log: { info: write, warn: write, error: write },
    sessionExpirySeconds: 3_600,
    ...more,
    listener: (event) => {
      events.push(event)
      more.listener?.(event)
      if (event.kind !== 'connected') return
      births += 1
      broker.publish(STATE_TOPIC, `online ${births}`, { qos: 1, retain: true }).catch(() => undefined)
    },
  })
  const count = (kind: BrokerEvent['kind']) => events.filter((event) => event.kind === kind).length
  return {
    broker,
    events,
    logged,
    count,
    connected: (times = 1) => until(`connected ${times} times`, () => count('connected') >= times),
    details: () => events.flatMap((event) => (event.kind === 'disconnected' ? [event.detail] : [])),
    payloads: () => events.flatMap((event) => (event.kind === 'message' ? [event.payload.toString()] : [])),
  }
}
