/** Amplifiers as the settings describe them: each by a relay of the box, by Modbus, or switched by one and read by the other. */
import type { Amplifier, AmplifierListener } from '../../agent/ports/amplifier.ts'
import type { AmplifierSettings } from '../../config/settings.ts'
import type { Clock } from '../../player/ports/clock.ts'
import { openGpioSwitch } from './gpio.ts'
import { openLine, type Line } from './line.ts'
import { openModbusSwitch, peekAt, startReading, type ModbusOptions } from './modbus.ts'
import type { Switch } from './switch.ts'

export type AmplifiersOptions = {
  settings: readonly AmplifierSettings[]
  clock: Pick<Clock, 'after'>
  listener: AmplifierListener
  /** In place of `gpioset`. */
  gpioProgram?: string
}

/** An amplifier that does not answer does not keep the box from stopping. */
const CLOSE_MS_MAX = 5_000

const switchOf = (
  { name, gpio, modbus }: AmplifierSettings,
  over: ModbusOptions | null,
  { clock, listener, gpioProgram }: AmplifiersOptions,
): Switch | null => {
  if (gpio !== undefined) {
    const program = gpioProgram === undefined ? {} : { program: gpioProgram }
    return openGpioSwitch({ id: name, settings: gpio, clock, listener, ...program })
  }
  return over === null || modbus?.power === undefined ? null : openModbusSwitch(over, modbus.power)
}

/** `letGo`: what is to be done with the line in the end. */
const openOne = (
  one: AmplifierSettings,
  { line, letGo }: { line: Line | null; letGo: () => Promise<void> },
  options: AmplifiersOptions,
): Amplifier => {
  const { name, modbus } = one
  const { clock } = options
  let isClosed = false
  const listener: AmplifierListener = (event) => {
    if (!isClosed) options.listener(event)
  }
  const over = modbus === undefined || line === null ? null : { id: name, settings: modbus, line, clock, listener }
  const power = switchOf(one, over, { ...options, listener })
  const reading = over === null ? null : startReading(over)
  let closing: Promise<void> | null = null
  const close = async () => {
    isClosed = true
    reading?.stop()
    const closed = power === null ? Promise.resolve() : power.close()
    await new Promise<void>((resolve) => {
      const patience = clock.after(`close ${name}`, CLOSE_MS_MAX, resolve)
      void closed.then(() => {
        patience.cancel()
        resolve()
      })
    })
    await letGo()
  }
  return {
    id: name,
    canSwitch: power !== null,
    switchTo: (isOn) => power?.switchTo(isOn),
    peek: async (peek) =>
      over === null ? { kind: 'failed', detail: `${name} has no Modbus line` } : peekAt(over, peek),
    close: () => (closing ??= close()),
  }
}

/** Those on one line share it; it is closed with the last of them. */
export const openAmplifiers = (options: AmplifiersOptions): Amplifier[] => {
  const { settings, clock } = options
  const lines = new Map<string, { line: Line; users: number }>()
  return settings.map((one) => {
    const { modbus } = one
    if (modbus === undefined) return openOne(one, { line: null, letGo: () => Promise.resolve() }, options)
    const shared = lines.get(modbus.line) ?? { line: openLine({ ...modbus, address: modbus.line, clock }), users: 0 }
    shared.users += 1
    lines.set(modbus.line, shared)
    const letGo = async () => {
      shared.users -= 1
      if (shared.users === 0) await shared.line.close()
    }
    return openOne(one, { line: shared.line, letGo }, options)
  })
}
