/** Whether each loudspeaker's device is really there: by opening it with a hundredth of a second of silence. */
import type { Settings, SoundOutputSettings } from '../settings.ts'
import type { Box } from './box.ts'
import type { Finding } from './findings.ts'

/** About 10 ms: enough to have opened the card, too little to be heard even if it were not silence. */
const SILENCE_FRAMES = 480
/** Names shown to choose from. */
const DEVICES_SHOWN_MAX = 6

/** Names stand at the left margin of `aplay -L`, their descriptions are set in. Only those that lead to a card or server. */
const deviceNames = (listing: string): string[] =>
  listing.split('\n').filter((line) => /^(default|pulse|pipewire|plughw:|sysdefault:|dmix:)/.test(line))

const namesOf = async (box: Box): Promise<string[]> => {
  const listed = await box.run('aplay', ['-L'])
  return listed.kind === 'done' ? deviceNames(listed.stdout).slice(0, DEVICES_SHOWN_MAX) : []
}

const checkDevice = async (box: Box, { name: output, device, rateHz }: SoundOutputSettings): Promise<Finding> => {
  const format = ['-t', 'raw', '-f', 'S16_LE', '-r', String(rateHz), '-c', '2', `--samples=${SILENCE_FRAMES}`]
  const ran = await box.run('aplay', ['-q', '-D', device, ...format, '/dev/zero'])
  if (ran.kind === 'missing') return { code: 'sound-unchecked', facts: { output } }
  if (ran.kind === 'hung') return { code: 'sound-failed', facts: { output, device, error: 'timeout' } }
  if (ran.exitCode === 0) return { code: 'sound-opens', facts: { output, device } }
  // aplay's own line is the last; the library's complaints above it are about its configuration files.
  const error = ran.stderr.trim().split('\n').at(-1) ?? ''
  if (/busy/i.test(error)) return { code: 'sound-busy', facts: { output, device } }
  if (/permission denied/i.test(error)) return { code: 'sound-forbidden', facts: { output, device, user: box.user } }
  const reason = /error: (.*)$/.exec(error)?.[1] ?? error
  if (/no such|unknown pcm|invalid argument|not found/i.test(reason)) {
    return { code: 'sound-missing', facts: { output, device, devices: await namesOf(box) } }
  }
  return { code: 'sound-failed', facts: { output, device, error: reason } }
}

/** `hw:0`, `plughw:CARD=Headphones,DEV=0`: the card and its device; null: something that may mix. */
const cardOf = (device: string): string | null => {
  const named = /^(?:plug)?hw:(?:CARD=)?([^,]+)(?:,(?:DEV=)?(\d+))?/.exec(device)
  return named === null ? null : `CARD=${named[1] ?? ''},DEV=${named[2] ?? '0'}`
}

/** Two outputs that would take one card from each other. */
const sharedCards = (outputs: readonly SoundOutputSettings[]): Finding[] =>
  outputs.flatMap(({ name: output, device }, index): Finding[] => {
    const card = cardOf(device)
    const other = outputs.slice(0, index).find((one) => card !== null && cardOf(one.device) === card)
    if (card === null || other === undefined) return []
    return [{ code: 'sound-shared', facts: { output, other: other.name, device, mixing: `plug:'dmix:${card}'` } }]
  })

export const checkSound = async (box: Box, settings: Settings): Promise<Finding[]> => {
  const sounds = settings.outputs.filter((output) => output.medium === 'sound')
  const findings = sharedCards(sounds)
  // One after the other: two outputs on one card would find each other in the way.
  for (const output of sounds) findings.push(await checkDevice(box, output))
  return findings
}
