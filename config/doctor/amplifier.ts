/** Whether what switches and reads each amplifier is there. The line itself belongs to the agent, which says how it is. */
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { askAgent } from '../ask.ts'
import type { AmplifierSettings, Settings } from '../settings.ts'
import { isWell } from '../show-amplifier.ts'
import type { Box } from './box.ts'
import type { Finding } from './findings.ts'

const devicesOf = ({ gpio, modbus }: AmplifierSettings): string[] => [
  ...(gpio === undefined ? [] : [`/dev/${gpio.chip.replace(/^\/dev\//, '')}`]),
  ...(modbus?.line.startsWith('/') === true ? [modbus.line] : []),
]

const checkDevice = (box: Box, amplifier: string, device: string): Finding => {
  const path = join(box.root, device)
  if (!existsSync(path)) return { code: 'amplifier-missing', facts: { amplifier, device } }
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return { code: 'amplifier-device', facts: { amplifier, device } }
  } catch {
    return { code: 'amplifier-forbidden', facts: { amplifier, device, user: box.user } }
  }
}

const checkGpioset = async (box: Box): Promise<Finding[]> => {
  const ran = await box.run('gpioset', ['--version'])
  return ran.kind === 'done' ? [] : [{ code: 'amplifier-gpioset', facts: { debianPackage: 'gpiod' } }]
}

export const checkAmplifiers = async (box: Box, settings: Settings): Promise<Finding[]> => {
  const { amplifiers, control } = settings
  if (amplifiers.length === 0) return []
  const devices = amplifiers.flatMap((one) => devicesOf(one).map((device) => checkDevice(box, one.name, device)))
  const tools = amplifiers.some(({ gpio }) => gpio !== undefined) ? await checkGpioset(box) : []
  const answer = await askAgent(control.socket)
  const told = answer.kind === 'ok' ? (answer.status.amplifiers ?? []) : []
  return [
    ...devices,
    ...tools,
    ...told.map((one): Finding => {
      const { id: amplifier, power, wanted, tripped } = one
      return isWell(one)
        ? { code: 'amplifier-obeys', facts: { amplifier, power } }
        : { code: 'amplifier-ails', facts: { amplifier, power, wanted, tripped } }
    }),
  ]
}
