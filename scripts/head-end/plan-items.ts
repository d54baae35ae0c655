/** Items and playlists of the clerk's file as the protocol has them; what cannot be had is told by what was expected. */
import type { ScheduleBody } from '../../agent/protocol/downlink.ts'
import type { StreamSource } from '../../agent/protocol/fields.ts'
import { speechMs } from './speech-length.ts'
import type { RegisteredFile } from './media-files.ts'
import { contentKeyOf, durationMsOf, type ContentKey, type FileItem, type FilePlaylist } from './plan-file.ts'

export type WireProgramme = ScheduleBody['programmes'][number]
export type WireItem = WireProgramme['items'][number]

/** Gives the file of a name, or a sentence why it cannot be had. Each name is measured and hashed once. */
export type FileOf = (name: string) => RegisteredFile | string
export type Files = { fileOf: FileOf; sdpOf: SdpOf }

/** The session description in a file, or a sentence why it cannot be had. */
export type SdpOf = (name: string) => { sdp: string } | string

export const asList = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

/** Where no file of a plan stands behind: a command of one line names its sources by address. */
const noSdp: SdpOf = () => 'an address'

const streamOf = (
  item: FileItem,
  fileOf: FileOf,
  sdpOf: SdpOf,
): { content: WireItem['content']; durationMs: null } | string => {
  const sources: StreamSource[] = []
  for (const name of asList(item.stream)) {
    const source = name.endsWith('.sdp') && !name.includes('://') ? sdpOf(name) : { url: name }
    if (typeof source === 'string') return source
    sources.push(source)
  }
  const fallback = item.fallback === undefined ? null : fileOf(item.fallback)
  if (typeof fallback === 'string') return `in \`fallback\` ${fallback}`
  if (fallback !== null && fallback.medium !== 'sound') return 'in `fallback` a file with a sound'
  const silenceMs = item.silence === undefined ? null : durationMsOf(item.silence)
  return {
    content: {
      kind: 'stream',
      sources,
      ...(fallback === null ? {} : { fallback: fallback.sha256 }),
      ...(silenceMs === null ? {} : { silenceMs }),
    },
    durationMs: null,
  }
}

const contentOf = (
  item: FileItem,
  key: ContentKey,
  { fileOf, sdpOf }: Files,
): { content: WireItem['content']; durationMs: number | null } | string => {
  if (key === 'text') {
    const { text, title, colour, background } = item
    const extra = { ...(title && { title }), ...(colour && { colour }), ...(background && { background }) }
    return { content: { kind: 'text', body: text ?? '', ...extra }, durationMs: null }
  }
  if (key === 'speech') {
    const { speech: text = '', language, voice } = item
    const extra = { ...(language && { language }), ...(voice && { voice }) }
    return { content: { kind: 'speech', text, ...extra }, durationMs: speechMs(text, language) }
  }
  if (key === 'stream') return streamOf(item, fileOf, sdpOf)
  const file = fileOf(item[key] ?? '')
  if (typeof file === 'string') return file
  if (file.medium !== key) return `a file with a ${key}; this one is a ${file.medium} (${file.mediaType})`
  return { content: { kind: key, sha256: file.sha256 }, durationMs: file.durationMs }
}

/** One item, or what was expected instead. */
export const compileItem = (
  item: FileItem,
  fileOf: FileOf,
  sdpOf: SdpOf = noSdp,
): WireItem | { key: ContentKey | null; expected: string } => {
  const key = contentKeyOf(item)
  if (key === null) return { key, expected: 'exactly one content' }
  const made = contentOf(item, key, { fileOf, sdpOf })
  if (typeof made === 'string') return { key, expected: made }
  const durationMs = item.for === undefined ? made.durationMs : durationMsOf(item.for)
  if (durationMs === null) return { key, expected: 'a duration in `for`' }
  return { content: made.content, durationMs, ...(item.ticker === undefined ? {} : { ticker: item.ticker }) }
}

type Sound = { sha256: string; durationMs: number }

/** A playlist of the wire; what is wrong with one of its files is told at its key. */
export const playlistOf = (
  playlist: FilePlaylist | undefined,
  fileOf: FileOf,
  wrong: (key: keyof FilePlaylist, expected: string) => void,
): WireProgramme['playlist'] => {
  if (playlist === undefined) return undefined
  const soundOf = (key: 'chimeBefore' | 'chimeAfter' | 'identity', name: string | undefined): Sound | null => {
    if (name === undefined) return null
    const file = fileOf(name)
    if (typeof file === 'string') wrong(key, file)
    else if (file.medium !== 'sound' || file.durationMs === null) wrong(key, 'a file with a sound')
    else return { sha256: file.sha256, durationMs: file.durationMs }
    return null
  }
  const { loop, atEnd, shuffle, identity, crossfade } = playlist
  const durationMs = playlist.for === undefined ? null : durationMsOf(playlist.for)
  const crossfadeMs = crossfade === undefined ? null : durationMsOf(crossfade)
  const chimeBefore = soundOf('chimeBefore', playlist.chimeBefore)
  const chimeAfter = soundOf('chimeAfter', playlist.chimeAfter)
  const identitySound = soundOf('identity', identity?.sound)
  const everyMs = identity === undefined ? null : durationMsOf(identity.every)
  return {
    ...(durationMs === null ? {} : { durationMs }),
    ...(loop === undefined ? {} : { loop }),
    ...(atEnd === undefined ? {} : { atEnd }),
    ...(shuffle === undefined ? {} : { shuffleSeed: shuffle }),
    ...(crossfadeMs === null ? {} : { crossfadeMs }),
    ...(chimeBefore === null ? {} : { chimeBefore }),
    ...(chimeAfter === null ? {} : { chimeAfter }),
    ...(identitySound === null || everyMs === null ? {} : { identity: { ...identitySound, everyMs } }),
  }
}
