/** The small shapes that messages are made of. Every string and list has a maximum: nothing from outside is unbounded. */
import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** A closed object: an unknown field is malformed, not ignored, so that a misspelt field never passes in silence. */
export const closed = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, description })

export const literals = <const T extends string>(values: readonly [T, ...T[]], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description })

export const PROTOCOL_VERSION = 1

export const Version = Type.Literal(PROTOCOL_VERSION, { description: 'Major version of this protocol.' })

export const Id = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$',
  description: 'An identifier of up to 64 letters, digits, dots, colons, dashes and underscores.',
})

export const Uuid = Type.String({ format: 'uuid', description: 'A UUID (RFC 9562).' })

/** Segments are lower-case letters, digits and dashes, so that a path is also a safe MQTT topic (no `+`, `#`, `$`). */
export const AreaPath = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,31}(/[a-z0-9][a-z0-9-]{0,31}){0,9}$',
  description: 'An area as a path of 1 to 10 segments, the widest first: vn/08/02215/thon-5.',
})

export const DeviceId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,47}$',
  description: 'The stable public identity of a box.',
})

export const GroupId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
  description: 'A group of boxes inside an area, such as its markets or its schools.',
})

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of a file, in lower-case hex.' })

export const DateTime = Type.String({ format: 'date-time', description: 'RFC 3339 date-time with an offset.' })

export const LocalDateTime = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$',
  description: 'Local date and time in the time zone of the programme, without an offset.',
})

export const DurationMs = Type.Integer({
  minimum: 1,
  maximum: 86_400_000,
  description: 'Milliseconds, at most one day.',
})

export const GainDb = Type.Number({ minimum: -96, maximum: 0, description: 'Decibels, 0 is as recorded.' })

export const OVER_DUCK_DB = -20
export const OVER_FADE_MS = 300
export const OVER_FADE_MS_MAX = 5_000

export const DuckDb = Type.Number({
  minimum: -60,
  maximum: 0,
  description: `How far what goes on below is turned down, in decibels; ${OVER_DUCK_DB} if absent.`,
})

export const Over = closed(
  {
    duckDb: Type.Optional(DuckDb),
    fadeMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: OVER_FADE_MS_MAX,
        description: `It goes down, and comes back up, in so long; ${OVER_FADE_MS} if absent.`,
      }),
    ),
  },
  'It is spoken over what it wins over on a loudspeaker, by the same order of precedence as without this: that goes on below, turned down, and comes back after. Alerts are spoken over nothing, and nothing over them. If absent, what it wins over is interrupted.',
)
export type Over = Static<typeof Over>

export const Line = Type.String({ minLength: 1, maxLength: 200, description: 'One line of text.' })
export const Text = Type.String({ minLength: 1, maxLength: 4000, description: 'Text, line breaks allowed.' })
export const LanguageTag = Type.String({
  pattern: '^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$',
  maxLength: 35,
  description: 'A language tag of BCP 47; the first language of the box if absent.',
})
export const Colour = Type.String({ pattern: '^#[0-9a-fA-F]{6}$', description: 'sRGB as #rrggbb.' })

export const HttpUrl = Type.String({
  pattern: '^https?://[^\\s]+$',
  maxLength: 2000,
  description: 'An address that begins with http:// or https://.',
})

export const StreamUrl = Type.String({
  pattern: '^(https?|rtsp|srt|rtp|udp)://[^\\s]+$',
  maxLength: 2000,
  description: 'A live stream: http, https, rtsp, srt, rtp or udp.',
})

/** RFC 8866; one stream that no address names: RTP, unicast or multicast. */
export const Sdp = Type.String({
  pattern: '^v=0\\r?\\n',
  maxLength: 4000,
  description: 'A session description (RFC 8866), for RTP unicast or multicast.',
})

export const StreamSource = Type.Union([closed({ url: StreamUrl }, 'By address.'), closed({ sdp: Sdp }, 'By SDP.')], {
  description: 'Where a live stream comes from.',
})
export type StreamSource = Static<typeof StreamSource>

export const OutputName = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,31}$',
  description: 'The name of an output in the settings of a box.',
})

export const Outputs = Type.Array(OutputName, {
  minItems: 1,
  maxItems: 16,
  description: 'Outputs by name; all if absent.',
})

/** Who a message is for. Exactly one of the three. */
export const Target = Type.Union(
  [
    closed({ area: AreaPath }, 'Every box in this area.'),
    closed(
      { group: GroupId, within: AreaPath },
      'Every box of this group in this area. Another name than area, so that a forgotten group is malformed and not wider.',
    ),
    closed({ device: DeviceId }, 'One box.'),
  ],
  { description: 'Who the message is for.' },
)
export type Target = Static<typeof Target>
