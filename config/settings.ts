/** What one box is told about itself, once, at start. Parsed here and passed on as arguments; nothing else reads it. */
import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** Also where the command line looks when it may not read the settings. */
export const CONTROL_SOCKET = '/run/loa/agent.sock'

const section = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, description, default: {} })

const OutputName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' })

export const SoundOutputSettings = Type.Object(
  {
    name: OutputName,
    medium: Type.Literal('sound'),
    device: Type.String({ default: 'default', minLength: 1, description: 'ALSA device, as `aplay -L` names it.' }),
    latencyMs: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1000,
      description: 'Delay of this model of card, from write to horn.',
    }),
    gainDb: Type.Number({ default: 0, minimum: -96, maximum: 0 }),
  },
  { additionalProperties: false, description: 'A loudspeaker.' },
)
export type SoundOutputSettings = Static<typeof SoundOutputSettings>

export const PictureOutputSettings = Type.Object(
  {
    name: OutputName,
    medium: Type.Literal('picture'),
    videoOutput: Type.Union([Type.Literal('drm'), Type.Literal('x11'), Type.Literal('gpu')], { default: 'drm' }),
    display: Type.Optional(Type.String({ description: 'X display, for x11: `:0`.' })),
    width: Type.Integer({ default: 1280, minimum: 16, maximum: 16384 }),
    height: Type.Integer({ default: 720, minimum: 16, maximum: 16384 }),
  },
  { additionalProperties: false, description: 'A screen.' },
)
export type PictureOutputSettings = Static<typeof PictureOutputSettings>

export const Settings = Type.Object(
  {
    device: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,47}$',
      description: 'The stable public identity of this box.',
    }),
    area: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,31}(/[a-z0-9][a-z0-9-]{0,31}){0,9}$',
      description: 'Where it hangs: vn/08/02215/thon-5.',
    }),
    groups: Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' }), { default: [], maxItems: 32 }),
    trust: Type.Object(
      { root: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'Public key of the root (x of the JWK).' }) },
      { additionalProperties: false },
    ),
    broker: Type.Object(
      {
        url: Type.String({ pattern: '^(mqtts?|wss?)://[^\\s]+$' }),
        ca: Type.Optional(Type.String({ description: 'File with the certificates to trust.' })),
        certificate: Type.Optional(Type.String({ description: 'File with the certificate of this box.' })),
        key: Type.Optional(Type.String({ description: 'File with its private key.' })),
        keepaliveSeconds: Type.Integer({ default: 30, minimum: 5, maximum: 3600 }),
      },
      { additionalProperties: false },
    ),
    outputs: Type.Array(Type.Union([SoundOutputSettings, PictureOutputSettings]), { minItems: 1, maxItems: 16 }),
    state: section({ folder: Type.String({ default: '/var/lib/loa' }) }, 'Where the databases are.'),
    media: section(
      {
        quotaBytes: Type.Integer({ default: 4_000_000_000, minimum: 1_000_000 }),
        fileBytesMax: Type.Integer({ default: 1_000_000_000, minimum: 1_000 }),
      },
      'The media cache.',
    ),
    heartbeat: section(
      { seconds: Type.Integer({ default: 60, minimum: 1, maximum: 86_400 }) },
      'How often the box reports.',
    ),
    clock: section(
      {
        source: Type.Union([Type.Literal('ntp'), Type.Literal('battery')], {
          default: 'ntp',
          description: 'battery: the clock was kept by a battery and may be believed before NTP confirms it.',
        }),
      },
      'The clock.',
    ),
    control: section({ socket: Type.String({ default: CONTROL_SOCKET }) }, 'The local socket of the command line.'),
    log: section(
      {
        level: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')], {
          default: 'info',
        }),
      },
      'The log.',
    ),
    language: Type.Optional(
      Type.Union([Type.Literal('vi'), Type.Literal('en')], { description: 'By locale if absent.' }),
    ),
  },
  { additionalProperties: false, title: 'Loa settings' },
)
export type Settings = Static<typeof Settings>
