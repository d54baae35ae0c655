/** Spoken words in the media store: what the same voice has said once it does not say again. */
import type { Speech, StoredSound, Utterance } from './ports/alert-sound.ts'
import type { MediaStore } from './ports/media-store.ts'

type Needs = { speech: Speech; mediaStore: Pick<MediaStore, 'findByName' | 'originate'> }

const nameOf = (key: string): string => `speech:${key}:`

const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null

/** Null: it has to be spoken. */
export const keptSpeech = ({ speech, mediaStore }: Needs, utterance: Utterance): StoredSound | null => {
  for (const key of speech.keysOf(utterance)) {
    const row = mediaStore.findByName(nameOf(key))
    const durationMs = wholeNumber(row?.name.split(':')[2])
    if (row !== null && durationMs !== null) return { sha256: row.sha256, durationMs }
  }
  return null
}

export type KeptSpeech = { kind: 'kept'; sound: StoredSound } | { kind: 'failed'; error: string }

export const speakAndKeep = async (
  { speech, mediaStore }: Needs,
  utterance: Utterance,
  signal: AbortSignal,
): Promise<KeptSpeech> => {
  const spoken = await speech.say(utterance, signal)
  if (spoken.kind === 'failed') return spoken
  const durationMs = Math.round(spoken.durationMs)
  const name = `${nameOf(spoken.key)}${durationMs}`
  const sha256 = await mediaStore.originate({ bytes: spoken.wav, mediaType: 'audio/wav', name })
  return { kind: 'kept', sound: { sha256, durationMs } }
}
