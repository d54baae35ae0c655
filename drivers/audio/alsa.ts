/**
 * The library opens ALSA's `default` device as it is loaded, whichever device is asked for later, and aborts where that cannot
 * be opened: a Raspberry Pi without a monitor at its first, HDMI, card would never play through its USB card. So a process
 * that is told a device finds that one as its default.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type AlsaSettings = { env: NodeJS.ProcessEnv; remove: () => void }

/** The card itself, which most cards give to one process only. */
const EXCLUSIVE = /^(plug)?hw:/

/** In words; ALSA does not say whether such a card is away or taken. */
export const cannotOpen = (device: string, reason: string): string => {
  const advice = 'two outputs on one card need a device that mixes, see Zones in docs/sound.md'
  const why = EXCLUSIVE.test(device) ? [reason.trim(), 'another process may hold it', advice] : [reason.trim()]
  return `cannot open the sound device "${device}": ${why.filter((part) => part !== '').join('; ')}`
}

const SYSTEM_FILE = '/usr/share/alsa/alsa.conf'

const quoted = (text: string): string => `"${text.replaceAll(/["\\\n]/g, '')}"`

export const alsaSettings = (device: string, env: NodeJS.ProcessEnv): AlsaSettings => {
  if (device === 'default') return { env: {}, remove: () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'loa-alsa-'))
  const file = join(folder, 'default.conf')
  writeFileSync(file, `pcm.!default { type plug slave.pcm ${quoted(device)} }\n`)
  return {
    env: { ALSA_CONFIG_PATH: `${env['ALSA_CONFIG_PATH'] ?? SYSTEM_FILE}:${file}` },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
