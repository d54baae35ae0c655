/** What the tests of the Modbus driver share: a map of registers, an amplifier on a real line, and what it tells. */
import type { Test } from 'tap'
import type { AmplifierEvent } from '../../../agent/ports/amplifier.ts'
import type { AmplifierSettings } from '../../../config/settings.ts'
import { openAmplifiers } from '../../../drivers/amplifier/amplifier.ts'
import { openClock } from '../../../drivers/clock/clock.ts'
import type { SerialLine } from '../../fixtures/modbus-slave.ts'
import { until } from '../poll.ts'

type Modbus = NonNullable<AmplifierSettings['modbus']>
type Reading = Modbus['readings'][number]

export const reading = (name: string, rest: Partial<Reading>): Reading => ({
  ...{ name, kind: 'holding', address: 0, type: 'u16', wordOrder: 'high-first', scale: 1, whileOn: false, bits: [] },
  ...rest,
})

export const MAP: Reading[] = [
  reading('voltage', { address: 0, scale: 0.1, unit: 'V' }),
  reading('temperature', { kind: 'input', address: 3, type: 's16' }),
  reading('energy', { address: 10, type: 'u32' }),
  reading('door', { kind: 'discrete', address: 5, bits: [{ bit: 0, name: 'door-open', alarmAt: 1 }] }),
]

export const settingsFor = (line: string, rest: Partial<Modbus> = {}): AmplifierSettings => ({
  ...{ name: 'tang-am', warmUpSeconds: 2, coolDownSeconds: 60, minimumOnSeconds: 60 },
  modbus: {
    ...{ line, baudRate: 9600, parity: 'none', stopBits: 1, unit: 1, timeoutMs: 300, retries: 1, pollSeconds: 0.1 },
    power: { kind: 'coil', address: 7, on: 1, off: 0, readBack: true },
    readings: MAP,
    ...rest,
  },
})

export const open = (t: Test, settings: AmplifierSettings[]) => {
  const clock = openClock({ source: 'battery' })
  const events: AmplifierEvent[] = []
  const opened = openAmplifiers({ settings, clock, listener: (event) => events.push(event) })
  t.teardown(async () => {
    await Promise.all(opened.map((one) => one.close()))
    clock.close()
  })
  const [amplifier] = opened
  if (amplifier === undefined) throw new Error('no amplifier')
  /** What was told since the last call of this, waited for. */
  const next = async <K extends AmplifierEvent['kind']>(
    kind: K,
    holds: (event: Extract<AmplifierEvent, { kind: K }>) => boolean = () => true,
  ) => {
    const from = events.length
    let found: Extract<AmplifierEvent, { kind: K }> | null = null
    await until(kind, () => {
      found =
        events
          .slice(from)
          .find(
            (event): event is Extract<AmplifierEvent, { kind: K }> =>
              event.kind === kind && holds(event as Extract<AmplifierEvent, { kind: K }>),
          ) ?? null
      return found !== null
    })
    return found!
  }
  return { amplifier, events, next }
}

export const fill = async ({ slave }: SerialLine) => {
  await slave.set('holding', 0, [242])
  await slave.set('input', 3, [0x10000 - 7])
  await slave.set('holding', 10, [1, 2])
  await slave.set('discrete', 5, [1])
}

export const READ = [
  { name: 'voltage', value: 24.2, detail: null },
  { name: 'temperature', value: -7, detail: null },
  { name: 'energy', value: 65_538, detail: null },
  { name: 'door', value: 1, detail: null },
]
