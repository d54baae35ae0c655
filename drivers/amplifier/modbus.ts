/** An amplifier, or a relay, that is switched and read over a Modbus line. */
import type { AmplifierListener, Peek, Peeked, RegisterValue } from '../../agent/ports/amplifier.ts'
import type { AmplifierSettings } from '../../config/settings.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import { retryDelayMs, type Switch } from './switch.ts'
import { askPatiently, type Line } from './line.ts'
import { valueOf, widthOf } from './registers.ts'

type ModbusSettings = NonNullable<AmplifierSettings['modbus']>

export type ModbusOptions = {
  id: string
  settings: ModbusSettings
  line: Line
  clock: Pick<Clock, 'after'>
  listener: AmplifierListener
}

/** What a round of readings came to. Nobody asks the other registers of an amplifier that did not answer the first. */
type Round = { kind: 'read'; values: RegisterValue[] } | { kind: 'unread'; detail: string }

const readRound = async ({ settings, line }: ModbusOptions, isOver: () => boolean): Promise<Round> => {
  const { unit, readings, retries } = settings
  const values: RegisterValue[] = []
  for (const register of readings) {
    const { name, kind, address } = register
    const answer = await askPatiently(line, { do: 'read', unit, kind, address, count: widthOf(register) }, retries)
    if (isOver()) break
    // One that refuses a register with an exception is there, and may tell of the others.
    if (answer.kind === 'failed' && answer.isPassing) return { kind: 'unread', detail: answer.detail }
    if (answer.kind === 'failed') values.push({ name, value: null, detail: answer.detail })
    else {
      const value = valueOf(register, answer.words)
      values.push({ name, value, detail: value === null ? 'the register holds no number' : null })
    }
  }
  return { kind: 'read', values }
}

/** Reads the map every so often, whether the amplifier has power or not. */
export const startReading = (options: ModbusOptions): { stop: () => void } => {
  const { id, settings, clock, listener } = options
  let isStopped = false
  let timer: Timer | null = null
  const round = async () => {
    const outcome = await readRound(options, () => isStopped)
    if (isStopped) return
    listener({ ...outcome, amplifier: id })
    timer = clock.after(`read ${id}`, settings.pollSeconds * 1000, () => void round())
  }
  if (settings.readings.length > 0) void round()
  return {
    stop: () => {
      isStopped = true
      timer?.cancel()
    },
  }
}

export const peekAt = async ({ settings, line }: ModbusOptions, peek: Peek): Promise<Peeked> => {
  const answer = await askPatiently(line, { do: 'read', unit: settings.unit, ...peek }, settings.retries)
  return answer.kind === 'ok' ? { kind: 'ok', values: answer.words } : { kind: 'failed', detail: answer.detail }
}

/** Writes the register that switches it, and looks now and then whether it is still as it was told. */
export const openModbusSwitch = (options: ModbusOptions, power: NonNullable<ModbusSettings['power']>): Switch => {
  const { id, settings, line, clock, listener } = options
  const { unit, retries } = settings
  const { kind, address } = power
  let order = 0
  let isClosed = false
  let timer: Timer | null = null
  const valueFor = (isOn: boolean) => (isOn ? power.on : power.off)

  const readBack = async (isOn: boolean): Promise<string | null> => {
    if (!power.readBack) return null
    const answer = await askPatiently(line, { do: 'read', unit, kind, address, count: 1 }, retries)
    if (answer.kind === 'failed') return answer.detail
    const [found = 0] = answer.words
    const wanted = kind === 'coil' ? Number(valueFor(isOn) !== 0) : valueFor(isOn)
    return found === wanted ? null : `${kind} ${address} was told ${wanted} and holds ${found}`
  }
  const write = async (isOn: boolean): Promise<string | null> => {
    const answer = await askPatiently(line, { do: 'write', unit, kind, address, value: valueFor(isOn) }, retries)
    return answer.kind === 'failed' ? answer.detail : readBack(isOn)
  }
  const isCurrent = (mine: number) => mine === order && !isClosed
  const later = (mine: number, delayMs: number, task: () => Promise<void>) => {
    if (isCurrent(mine)) timer = clock.after(`switch ${id}`, delayMs, () => void task())
  }
  /** An amplifier that lost its own power for a moment has forgotten what it was told. */
  const watch = async (mine: number, isOn: boolean) => {
    const detail = await readBack(isOn)
    if (!isCurrent(mine)) return
    if (detail === null) later(mine, settings.pollSeconds * 1000, () => watch(mine, isOn))
    else {
      listener({ kind: 'not-switched', amplifier: id, isOn, detail })
      await carryOut(mine, isOn, 0)
    }
  }
  const carryOut = async (mine: number, isOn: boolean, failures: number): Promise<void> => {
    const detail = await write(isOn)
    if (!isCurrent(mine)) return
    if (detail === null) {
      listener({ kind: 'switched', amplifier: id, isOn })
      if (power.readBack) later(mine, settings.pollSeconds * 1000, () => watch(mine, isOn))
    } else {
      listener({ kind: 'not-switched', amplifier: id, isOn, detail })
      later(mine, retryDelayMs(failures), () => carryOut(mine, isOn, failures + 1))
    }
  }
  return {
    switchTo: (isOn) => {
      if (isClosed) return
      order += 1
      timer?.cancel()
      void carryOut(order, isOn, 0)
    },
    close: async () => {
      isClosed = true
      timer?.cancel()
      await line.ask({ do: 'write', unit, kind, address, value: power.off })
    },
  }
}
