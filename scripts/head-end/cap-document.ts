/** CAP 1.2 (OASIS CAP-v1.2-os) as XML, in the order of its schema. What the head-end makes of the flags of an alert. */
import {
  CAP_NAMESPACE,
  type CapCertainty,
  type CapIdentity,
  type CapMessageType,
  type CapResponseType,
  type CapSeverity,
  type CapStatus,
  type CapUrgency,
  type CapValue,
} from '../../agent/cap/alert.ts'
import { formatUtc, wallMs, type WallMs } from '../../player/plan/time.ts'

export type CapResourceDraft = { description: string; mimeType: string; bytes: number; uri: string; sha1: string }

export type CapAreaDraft = {
  description: string
  /** As CAP writes them: `21.3,103.9 21.4,103.9 …` and `21.3,103.9 5`. */
  polygons?: readonly string[]
  circles?: readonly string[]
  geocodes?: readonly CapValue[]
}

export type CapInfoDraft = {
  language: string
  event: string
  responseTypes?: readonly CapResponseType[]
  urgency: CapUrgency
  severity: CapSeverity
  certainty: CapCertainty
  expires: WallMs
  senderName?: string | undefined
  headline?: string | undefined
  description?: string | undefined
  instruction?: string | undefined
  resources?: readonly CapResourceDraft[]
  areas?: readonly CapAreaDraft[]
}

export type CapDraft = {
  identifier: string
  sender: string
  sent: WallMs
  status: CapStatus
  messageType: CapMessageType
  note?: string | undefined
  references?: readonly CapIdentity[]
  infos: readonly CapInfoDraft[]
}

const SECOND_MS = 1_000

/** §3.3.2: whole seconds, and UTC is written `-00:00`. */
export const capMoment = (at: WallMs): string => `${formatUtc(at).slice(0, 19)}-00:00`

/** A message is not sent in the future, nor over before its time. */
const secondBefore = (at: WallMs): WallMs => wallMs(Math.floor(at / SECOND_MS) * SECOND_MS)
const secondAfter = (at: WallMs): WallMs => wallMs(Math.ceil(at / SECOND_MS) * SECOND_MS)

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escape = (text: string): string => text.replaceAll(/[&<>]/g, (character) => ESCAPES[character] ?? character)

type Part = string | null

const leaf = (name: string, text: string | undefined): Part =>
  text === undefined ? null : `<${name}>${escape(text)}</${name}>`

const branch = (name: string, parts: readonly Part[]): string => {
  const lines = parts.filter((part) => part !== null).flatMap((part) => part.split('\n').map((line) => `  ${line}`))
  return [`<${name}>`, ...lines, `</${name}>`].join('\n')
}

/** Line breaks inside a text are kept as they are, so its lines are not indented. */
const flat = (text: string | undefined): string | undefined => text?.replaceAll(/\r?\n/g, '&#10;')

const free = (name: string, text: string | undefined): Part =>
  text === undefined ? null : `<${name}>${flat(escape(text)) ?? ''}</${name}>`

const resourceOf = ({ description, mimeType, bytes, uri, sha1 }: CapResourceDraft): string =>
  branch('resource', [
    leaf('resourceDesc', description),
    leaf('mimeType', mimeType),
    leaf('size', String(bytes)),
    leaf('uri', uri),
    leaf('digest', sha1),
  ])

const areaOf = ({ description, polygons = [], circles = [], geocodes = [] }: CapAreaDraft): string =>
  branch('area', [
    leaf('areaDesc', description),
    ...polygons.map((polygon) => leaf('polygon', polygon)),
    ...circles.map((circle) => leaf('circle', circle)),
    ...geocodes.map(({ valueName, value }) => branch('geocode', [leaf('valueName', valueName), leaf('value', value)])),
  ])

const infoOf = (info: CapInfoDraft): string =>
  branch('info', [
    leaf('language', info.language),
    leaf('category', 'Safety'),
    leaf('event', info.event),
    ...(info.responseTypes ?? []).map((type) => leaf('responseType', type)),
    leaf('urgency', info.urgency),
    leaf('severity', info.severity),
    leaf('certainty', info.certainty),
    leaf('expires', capMoment(secondAfter(info.expires))),
    leaf('senderName', info.senderName),
    free('headline', info.headline),
    free('description', info.description),
    free('instruction', info.instruction),
    ...(info.resources ?? []).map(resourceOf),
    ...(info.areas ?? []).map(areaOf),
  ])

const referencesOf = (references: readonly CapIdentity[]): string =>
  references.map(({ sender, identifier, sent }) => `${sender},${identifier},${capMoment(sent)}`).join(' ')

export const capDocument = ({ references = [], infos, ...draft }: CapDraft): string => {
  const body = branch('alert', [
    leaf('identifier', draft.identifier),
    leaf('sender', draft.sender),
    leaf('sent', capMoment(secondBefore(draft.sent))),
    leaf('status', draft.status),
    leaf('msgType', draft.messageType),
    leaf('scope', 'Public'),
    free('note', draft.note),
    leaf('references', references.length === 0 ? undefined : referencesOf(references)),
    ...infos.map(infoOf),
  ])
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body.replace('<alert>', `<alert xmlns="${CAP_NAMESPACE}">`)}\n`
}
