/** The voice that the settings describe. */
import type { Speech } from '../../agent/ports/alert-sound.ts'
import type { Settings } from '../../config/settings.ts'
import { openCommand } from './command.ts'
import type { Engine } from './engine.ts'
import { openEspeak } from './espeak.ts'
import { openHttp } from './http.ts'
import { openSpeech, type SpeechOptions } from './speech.ts'

type SpeechSettings = Settings['speech']

const MS_PER_SECOND = 1_000

const wantedEngine = ({ command, http, timeoutSeconds }: SpeechSettings, path: string): Engine | null => {
  const [program, ...options] = command ?? []
  const timeoutMs = timeoutSeconds * MS_PER_SECOND
  if (program !== undefined) return openCommand({ command: [program, ...options], sayMsMax: timeoutMs, path })
  if (http === undefined) return null
  const { url, json, header, secret, version, bytesMax } = http
  return openHttp({
    url,
    template: json ?? null,
    header: secret === undefined ? null : { name: header, file: secret },
    timeoutMs,
    bytesMax,
    version,
  })
}

export type VoiceNeeds = Pick<SpeechOptions, 'words' | 'elapsed' | 'onFault'> & { path: string }

export const openVoice = async (settings: SpeechSettings, { path, ...needs }: VoiceNeeds): Promise<Speech> => {
  const engine = wantedEngine(settings, path)
  return openSpeech({
    embedded: await openEspeak(),
    wanted: engine === null ? null : { engine, languages: settings.languages },
    voice: settings.voice,
    ...needs,
  })
}
