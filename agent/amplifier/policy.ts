/** What the settings say of one amplifier, in the terms of those who decide. */
import type { AmplifierSettings } from '../../config/settings.ts'
import type { AmplifierPolicy } from './amplifiers.ts'

export const amplifierPolicy = (
  { outputs, warmUpSeconds, coolDownSeconds, minimumOnSeconds, modbus }: AmplifierSettings,
  soundOutputs: readonly string[],
): AmplifierPolicy => ({
  outputs: outputs ?? soundOutputs,
  warmUpMs: warmUpSeconds * 1000,
  coolDownMs: coolDownSeconds * 1000,
  minimumOnMs: minimumOnSeconds * 1000,
  rules: (modbus?.readings ?? []).map(({ name, unit, minimum, maximum, bits, whileOn }) => ({
    name,
    unit: unit ?? null,
    minimum: minimum ?? null,
    maximum: maximum ?? null,
    bits,
    whileOn,
  })),
})
