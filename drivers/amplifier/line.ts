/**
 * One Modbus line, shared by all amplifiers on it: one exchange at a time, orders before questions. RTU has no numbers that
 * tell which answer belongs to which question. So after an exchange that failed the line is left alone for as long as
 * an answer may take, and is then opened anew, which throws away what arrived meanwhile.
 */
import ModbusSerial from 'modbus-serial'
import type { RegisterKind } from '../../agent/ports/amplifier.ts'
import type { Clock } from '../../player/ports/clock.ts'
import { exceptionText } from './registers.ts'
import { RtuPort, serialWire, socketWire } from './rtu-port.ts'

export type LineOptions = {
  /** A serial device, or `tcp://host:port` (Modbus TCP), or `rtu-tcp://host:port` (RTU frames through a plain gateway). */
  address: string
  baudRate: number
  parity: 'none' | 'even' | 'odd'
  stopBits: 1 | 2
  timeoutMs: number
  clock: Pick<Clock, 'after'>
}

export type Exchange =
  | { do: 'read'; unit: number; kind: RegisterKind; address: number; count: number }
  | { do: 'write'; unit: number; kind: 'coil' | 'holding'; address: number; value: number }

/** `passing`: the same may succeed a moment later. */
export type Answer = { kind: 'ok'; words: number[] } | { kind: 'failed'; detail: string; isPassing: boolean }

export type Line = {
  readonly address: string
  /** Resolves always. Tries once. */
  ask: (exchange: Exchange) => Promise<Answer>
  /** What waits fails; resolves when the line is free. */
  close: () => Promise<void>
}

/** A line asked for more than this is behind by a minute; what is asked then is of no use any more. */
const WAITING_MAX = 64

/** Answers that another try may change: busy, or a gateway that does not get through. */
const PASSING_EXCEPTIONS = new Set([5, 6, 10, 11])

/** What is registered for Modbus TCP. */
const TCP_PORT = 502

type Client = InstanceType<typeof ModbusSerial.default>

/** Some errors of the library are objects of their own making. */
const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)

/** A technician needs what to look at. `receivedBytes`: of a serial line, what came without being an answer. */
const failureText = (error: unknown, { timeoutMs, receivedBytes }: { timeoutMs: number; receivedBytes: number }) => {
  const message = messageOf(error)
  if (message === 'Timed out' && receivedBytes > 0)
    return `no whole answer within ${timeoutMs} ms, though ${receivedBytes} bytes came: noise, wrong speed or parity, or two units of the same number`
  if (message === 'Timed out') return `no answer within ${timeoutMs} ms`
  if (/^CRC error/.test(message)) return 'the answer was garbled (wrong checksum)'
  if (/^(Data length|Unexpected data) error/.test(message)) return `the answer does not fit the question (${message})`
  if (message === 'Port Not Open') return 'the line was lost'
  return message
}

const exceptionCodeOf = (error: unknown): number | null =>
  typeof error === 'object' && error !== null && 'modbusCode' in error && typeof error.modbusCode === 'number'
    ? error.modbusCode
    : null

const clientOf = (port: RtuPort | undefined, timeoutMs: number): Client => {
  const client = new ModbusSerial.default(port)
  client.setTimeout(timeoutMs)
  // The exchange that meets the fault tells of it; without a listener the process would end.
  client.on('error', () => undefined)
  return client
}

type Connected = { client: Client; receivedBytes: () => number }

const connect = async (options: LineOptions): Promise<Connected> => {
  const { address, timeoutMs } = options
  const url = address.startsWith('/') ? null : new URL(address)
  const at = { host: url?.hostname ?? '', port: url === null || url.port === '' ? TCP_PORT : Number(url.port) }
  if (url?.protocol === 'tcp:') {
    const client = clientOf(undefined, timeoutMs)
    await client.connectTCP(at.host, { port: at.port })
    return { client, receivedBytes: () => 0 }
  }
  const port = new RtuPort(url === null ? serialWire({ ...options, path: address }) : socketWire({ ...at, timeoutMs }))
  const client = clientOf(port, timeoutMs)
  await new Promise<void>((resolve, reject) => {
    client.open((error?: Error | null) => (error ? reject(error) : resolve()))
  })
  return { client, receivedBytes: () => port.receivedBytes }
}

const read = async (client: Client, { kind, address, count }: Extract<Exchange, { do: 'read' }>): Promise<number[]> => {
  switch (kind) {
    case 'coil':
      return (await client.readCoils(address, count)).data.slice(0, count).map(Number)
    case 'discrete':
      return (await client.readDiscreteInputs(address, count)).data.slice(0, count).map(Number)
    case 'holding':
      return (await client.readHoldingRegisters(address, count)).data
    case 'input':
      return (await client.readInputRegisters(address, count)).data
  }
}

const exchangeOn = async (client: Client, exchange: Exchange): Promise<number[]> => {
  client.setID(exchange.unit)
  if (exchange.do === 'read') return read(client, exchange)
  const { kind, address, value } = exchange
  const echoed =
    kind === 'coil' ? await client.writeCoil(address, value !== 0) : await client.writeRegister(address, value)
  if (echoed.address !== address) throw new Error(`Unexpected data error, register ${echoed.address} was echoed`)
  return []
}

type Waiting = { exchange: Exchange; resolve: (answer: Answer) => void }

export const openLine = (options: LineOptions): Line => {
  const { address, timeoutMs, clock } = options
  const waiting: Waiting[] = []
  let connected: Connected | null = null
  let work: Promise<void> | null = null
  let isClosed = false
  let endQuiet: (() => void) | null = null

  const hangUp = async () => {
    const client = connected?.client
    connected = null
    if (client !== undefined) await new Promise<void>((resolve) => client.close(() => resolve()))
  }
  const pickUp = async (): Promise<Client> => {
    if (connected?.client.isOpen === true) return connected.client
    await hangUp()
    connected = await connect(options)
    return connected.client
  }
  const quiet = () =>
    new Promise<void>((resolve) => {
      const timer = clock.after('modbus quiet', timeoutMs, resolve)
      endQuiet = () => {
        timer.cancel()
        resolve()
      }
    })
  const attempt = async (exchange: Exchange): Promise<{ answer: Answer; isSound: boolean }> => {
    try {
      return { answer: { kind: 'ok', words: await exchangeOn(await pickUp(), exchange) }, isSound: true }
    } catch (error) {
      const code = exceptionCodeOf(error)
      if (code !== null) {
        const detail = exceptionText(code)
        return { answer: { kind: 'failed', detail, isPassing: PASSING_EXCEPTIONS.has(code) }, isSound: true }
      }
      const receivedBytes = connected?.receivedBytes() ?? 0
      const detail = `${address}: ${failureText(error, { timeoutMs, receivedBytes })}`
      return { answer: { kind: 'failed', detail, isPassing: true }, isSound: false }
    }
  }
  const workOff = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { answer, isSound } = await attempt(next.exchange)
      next.resolve(answer)
      if (isSound) continue
      if (!isClosed) await quiet()
      await hangUp()
    }
    work = null
  }
  const fail = (resolve: Waiting['resolve'], why: string) =>
    resolve({ kind: 'failed', detail: `${address}: ${why}`, isPassing: false })
  return {
    address,
    ask: (exchange) =>
      new Promise((resolve) => {
        if (isClosed) fail(resolve, 'the line is closed')
        else if (waiting.length >= WAITING_MAX) fail(resolve, 'more is asked than the line can carry')
        else {
          const one = { exchange, resolve }
          // The siren sounds meanwhile: what switches goes before what only asks.
          if (exchange.do === 'write') waiting.unshift(one)
          else waiting.push(one)
          work ??= workOff()
        }
      }),
    close: async () => {
      isClosed = true
      for (const { resolve } of waiting.splice(0)) fail(resolve, 'the line is closed')
      endQuiet?.()
      await work
      await hangUp()
    },
  }
}

/** Asks again while it may help. Between two tries others on the line, and orders, come first. */
export const askPatiently = async (line: Line, exchange: Exchange, retries: number): Promise<Answer> => {
  let answer = await line.ask(exchange)
  for (let tried = 0; tried < retries && answer.kind === 'failed' && answer.isPassing; tried += 1)
    answer = await line.ask(exchange)
  return answer
}
