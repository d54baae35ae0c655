import t from 'tap'
import { openAmplifiers } from '../../../drivers/amplifier/amplifier.ts'
import { openClock } from '../../../drivers/clock/clock.ts'
import type { AmplifierListener } from '../../../agent/ports/amplifier.ts'
import type { AmplifierSettings } from '../../../config/settings.ts'
import { amplifierContract } from '../../fixtures/amplifier-contract.ts'
import { amplifierDouble } from '../../fixtures/amplifier-double.ts'
import { openSerialLine } from '../../fixtures/modbus-slave.ts'
import { settingsFor } from './bench.ts'
import { standIn } from './gpioset.ts'

const openOne = (settings: AmplifierSettings, listener: AmplifierListener, gpioProgram?: string) => {
  const clock = openClock({ source: 'battery' })
  const [amplifier] = openAmplifiers({
    ...{ settings: [settings], clock, listener },
    ...(gpioProgram === undefined ? {} : { gpioProgram }),
  })
  if (amplifier === undefined) throw new Error('no amplifier')
  const { close } = amplifier
  return {
    ...amplifier,
    close: async () => {
      await close()
      clock.close()
    },
  }
}

amplifierContract(t, 'modbus', async (t, listener) => {
  const line = await openSerialLine(t)
  return openOne(settingsFor(line.path, { timeoutMs: 5_000 }), listener)
})

amplifierContract(t, 'gpio', (t, listener) => {
  const settings = settingsFor('/none')
  delete settings.modbus
  return Promise.resolve(
    openOne({ ...settings, gpio: { chip: 'gpiochip0', line: 17, activeLow: false } }, listener, standIn(t).program),
  )
})

amplifierContract(t, 'gpio and modbus', async (t, listener) => {
  const line = await openSerialLine(t)
  const settings = settingsFor(line.path, { timeoutMs: 5_000 })
  delete settings.modbus?.power
  return openOne({ ...settings, gpio: { chip: 'gpiochip0', line: 17, activeLow: true } }, listener, standIn(t).program)
})

amplifierContract(t, 'double', (t, listener) => {
  const clock = openClock({ source: 'battery' })
  t.teardown(clock.close)
  const [hired] = amplifierDouble(clock).hire(listener)
  if (hired === undefined) throw new Error('no amplifier')
  return Promise.resolve(hired.amplifier)
})
