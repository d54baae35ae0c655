/** From the payload of a verified signature to a message. A long one is read element by element, with pauses. */
import { DOWNLINKS, MediaFile, DOWNLINK_KINDS, type Downlink, type DownlinkKind, WireProgramme } from './downlink.ts'
import { findLongList, type LongList } from './long-list.ts'
import { parser, type Parse, type Parsed } from './validate.ts'

/** Bytes of elements that are parsed and checked between two pauses. */
const BYTES_PER_STEP = 16_384

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined: not JSON in UTF-8. */
export const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const parsers = () => ({
  schedule: parser(DOWNLINKS.schedule),
  media: parser(DOWNLINKS.media),
  alert: parser(DOWNLINKS.alert),
  live: parser(DOWNLINKS.live),
  command: parser(DOWNLINKS.command),
  receipt: parser(DOWNLINKS.receipt),
  revocation: parser(DOWNLINKS.revocation),
  programme: parser(WireProgramme),
  file: parser(MediaFile),
})

/** Made once: each schema is compiled when it is first used. */
export type Reader = {
  /** Compiles the schemas of what must not wait for that when it comes: alerts and announcements. */
  warm: () => void
  /** `json` is for the report of a refusal; undefined: it could not be read. */
  read: (payload: Uint8Array) => { parsed: Parsed<Downlink>; json: unknown }
  readLong: (payload: Uint8Array) => Generator<void, { parsed: Parsed<Downlink>; json: unknown }>
}

const asKind = (value: unknown): DownlinkKind | null => DOWNLINK_KINDS.find((kind) => kind === value) ?? null

const malformed = (detail: string) => ({ kind: 'malformed' as const, detail })

function* parseElements<T>(
  payload: Uint8Array,
  { name, elements }: LongList,
  { parse, countMax }: { parse: Parse<T>; countMax: number },
): Generator<void, Parsed<T[]>> {
  if (elements.length > countMax) return malformed(`/body/${name} must NOT have more than ${countMax} items`)
  const list: T[] = []
  let bytes = 0
  for (const { from, until } of elements) {
    const json = parseJson(payload.subarray(from, until))
    if (json === undefined) return malformed(`/body/${name}/${list.length} is not JSON`)
    const parsed = parse(json)
    if (parsed.kind === 'malformed') return malformed(`/body/${name}/${list.length}: ${parsed.detail}`.slice(0, 500))
    list.push(parsed.value)
    bytes += until - from
    if (bytes < BYTES_PER_STEP) continue
    bytes = 0
    yield
  }
  return { kind: 'ok', value: list }
}

const PROGRAMMES_MAX = DOWNLINKS.schedule.properties.body.properties.programmes.maxItems ?? 0
const FILES_MAX = DOWNLINKS.media.properties.body.properties.media.maxItems ?? 0

export const createReader = (): Reader => {
  const parse = parsers()
  const readJson = (json: unknown): Parsed<Downlink> => {
    const kind = isObject(json) ? asKind(json['kind']) : null
    return kind === null ? malformed(`kind is none of ${DOWNLINK_KINDS.join(', ')}`) : parse[kind](json)
  }

  function* readWith(shell: Downlink, payload: Uint8Array, list: LongList): Generator<void, Parsed<Downlink>> {
    if (shell.kind === 'schedule' && list.name === 'programmes') {
      const read = yield* parseElements(payload, list, { parse: parse.programme, countMax: PROGRAMMES_MAX })
      return read.kind === 'ok'
        ? { kind: 'ok', value: { ...shell, body: { ...shell.body, programmes: read.value } } }
        : read
    }
    if (shell.kind === 'media' && list.name === 'media') {
      const read = yield* parseElements(payload, list, { parse: parse.file, countMax: FILES_MAX })
      return read.kind === 'ok' ? { kind: 'ok', value: { ...shell, body: { ...shell.body, media: read.value } } } : read
    }
    return malformed(`/body/${list.name} does not belong into a message of kind ${shell.kind}`)
  }

  function* readLong(payload: Uint8Array): ReturnType<Reader['readLong']> {
    const list = yield* findLongList(payload)
    if (list === null) {
      const json = parseJson(payload)
      return { parsed: readJson(json), json }
    }
    // Everything but the elements: an empty list stands in their place.
    const json = parseJson(Buffer.concat([payload.subarray(0, list.start), payload.subarray(list.end)]))
    yield
    const shell = readJson(json)
    yield
    return { parsed: shell.kind === 'malformed' ? shell : yield* readWith(shell.value, payload, list), json }
  }
  return {
    warm: () => {
      parse.alert(undefined)
      parse.live(undefined)
    },
    read: (payload) => {
      const json = parseJson(payload)
      return { parsed: readJson(json), json }
    },
    readLong,
  }
}
