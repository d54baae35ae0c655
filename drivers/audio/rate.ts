/**
 * The rate of the card of this sound process, in frames per second. Each output is a process of its own, so it is told once, in
 * its environment, before anything is computed from it, and is a constant from then on: buffers, ramps and filters are laid out by it
 * as their modules are loaded. Where nothing was told (tests, tools) it is 48 kHz.
 */
export const RATES_HZ = [32_000, 44_100, 48_000, 96_000] as const
export type RateHz = (typeof RATES_HZ)[number]

export const USUAL_RATE_HZ: RateHz = 48_000

const VARIABLE = 'LOA_SOUND_RATE_HZ'

/** For the environment of a sound process. */
export const rateVariable = (rateHz: RateHz): Record<string, string> => ({ [VARIABLE]: String(rateHz) })

/** Throws where it is not one that the modules here can be laid out by. */
export const rateIn = (env: Readonly<Record<string, string | undefined>>): RateHz => {
  const text = env[VARIABLE] ?? String(USUAL_RATE_HZ)
  const rateHz = RATES_HZ.find((one) => String(one) === text)
  if (rateHz === undefined) throw new RangeError(`no rate of a card: ${text}`)
  return rateHz
}
