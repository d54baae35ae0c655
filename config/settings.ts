/** What one box is told about itself, once, at start. Parsed here and passed on as arguments; nothing else reads it. */
import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** Also where the command line looks when it may not read the settings. */
export const CONTROL_SOCKET = '/run/loa/agent.sock'

const section = <P extends Record<string, TSchema>>(properties: P, description: string) =>
  Type.Object(properties, { additionalProperties: false, description, default: {} })

const OutputName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' })

const LevelDb = Type.Number({ default: 0, minimum: -96, maximum: 0 })
const OwnLevelDb = Type.Optional(Type.Number({ minimum: -96, maximum: 0 }))

/** A card's own control, which the agent keeps where it was calibrated. */
export const MixerSettings = Type.Object(
  {
    control: Type.String({ minLength: 1, maxLength: 100, description: 'As `amixer scontrols` names it.' }),
    device: Type.String({ default: 'default', minLength: 1, maxLength: 200, description: 'ALSA control device.' }),
    levelDb: Type.Optional(Type.Number({ minimum: -100, maximum: 40 })),
    levelPercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  },
  { additionalProperties: false, description: 'The hardware mixer of a card.' },
)
export type MixerSettings = Static<typeof MixerSettings>
export const CaptureSettings = Type.Object(
  {
    device: Type.String({ minLength: 1, description: 'ALSA device, as `arecord -L` names it.' }),
    gainDb: Type.Optional(
      Type.Number({
        minimum: -120,
        maximum: 60,
        description: 'From what is sent to what is captured, as `loa calibrate` measured it.',
      }),
    ),
    toleranceDb: Type.Number({ default: 10, minimum: 1, maximum: 60 }),
  },
  { additionalProperties: false, description: 'What hears this loudspeaker: a feedback line or a microphone.' },
)
export type CaptureSettings = Static<typeof CaptureSettings>

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
    rateHz: Type.Union([Type.Literal(32000), Type.Literal(44100), Type.Literal(48000), Type.Literal(96000)], {
      default: 48000,
      description: 'Of the card: everything is computed at this rate.',
    }),
    channels: Type.Union([Type.Literal('both'), Type.Literal('left'), Type.Literal('right')], {
      default: 'both',
      description: 'Channels of the device. With one of them the other belongs to another output.',
    }),
    levelsDb: Type.Optional(
      Type.Object(
        {
          ...{ live: OwnLevelDb, mobilised: OwnLevelDb, urgent: OwnLevelDb },
          ...{ priority: OwnLevelDb, normal: OwnLevelDb, filler: OwnLevelDb },
        },
        { additionalProperties: false, description: 'Levels by priority of this output alone.' },
      ),
    ),
    mixer: Type.Optional(MixerSettings),
    capture: Type.Optional(CaptureSettings),
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

const ClockTime = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' })

/** Hours in which less is allowed. `until` before `from` goes over midnight; both the same is the whole day. */
export const VolumeRule = Type.Object(
  {
    from: ClockTime,
    until: ClockTime,
    days: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Literal('mo'),
          Type.Literal('tu'),
          Type.Literal('we'),
          Type.Literal('th'),
          Type.Literal('fr'),
          Type.Literal('sa'),
          Type.Literal('su'),
        ]),
        { minItems: 1, maxItems: 7, uniqueItems: true },
      ),
    ),
    outputs: Type.Optional(Type.Array(OutputName, { minItems: 1, maxItems: 16 })),
    priorities: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Literal('live'),
          Type.Literal('mobilised'),
          Type.Literal('urgent'),
          Type.Literal('priority'),
          Type.Literal('normal'),
          Type.Literal('filler'),
        ]),
        { minItems: 1, maxItems: 6, uniqueItems: true },
      ),
    ),
    ceilingDb: Type.Optional(Type.Number({ minimum: -96, maximum: 0 })),
    silent: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, description: 'Hours in which less is allowed. Alerts are never bound.' },
)
export type VolumeRule = Static<typeof VolumeRule>

/** Where the box itself looks for CAP alerts. What it finds there needs no signature: whoever writes there may speak. */
export const AlertSource = Type.Object(
  {
    folder: Type.Optional(Type.String({ minLength: 1 })),
    feed: Type.Optional(Type.String({ pattern: '^https?://[^\\s]+$', maxLength: 2000 })),
    senders: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 50 }),
    seconds: Type.Integer({ default: 30, minimum: 5, maximum: 3600 }),
  },
  { additionalProperties: false, description: 'A folder or a feed with CAP alerts.' },
)
export type AlertSource = Static<typeof AlertSource>

/** One bit of a register that means something is wrong. */
const AmplifierBit = Type.Object(
  {
    bit: Type.Integer({ minimum: 0, maximum: 31 }),
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    alarmAt: Type.Union([Type.Literal(0), Type.Literal(1)], { default: 1 }),
  },
  { additionalProperties: false },
)

const AmplifierReading = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    kind: Type.Union([Type.Literal('coil'), Type.Literal('discrete'), Type.Literal('holding'), Type.Literal('input')]),
    address: Type.Integer({ minimum: 0, maximum: 65_535, description: 'As on the wire, from 0.' }),
    type: Type.Union(
      [Type.Literal('u16'), Type.Literal('s16'), Type.Literal('u32'), Type.Literal('s32'), Type.Literal('f32')],
      { default: 'u16' },
    ),
    wordOrder: Type.Union([Type.Literal('high-first'), Type.Literal('low-first')], { default: 'high-first' }),
    scale: Type.Number({ default: 1 }),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 8 })),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    whileOn: Type.Boolean({ default: false, description: 'Judged only while the amplifier has power.' }),
    bits: Type.Array(AmplifierBit, { default: [], maxItems: 32 }),
  },
  { additionalProperties: false, description: 'A register that is read.' },
)

/** What powers loudspeakers, and how it is asked how it is. */
export const AmplifierSettings = Type.Object(
  {
    name: OutputName,
    outputs: Type.Optional(Type.Array(OutputName, { minItems: 1, maxItems: 16 })),
    warmUpSeconds: Type.Number({ default: 2, minimum: 0, maximum: 30 }),
    coolDownSeconds: Type.Number({ default: 60, minimum: 0, maximum: 3600 }),
    minimumOnSeconds: Type.Number({ default: 60, minimum: 0, maximum: 3600 }),
    gpio: Type.Optional(
      Type.Object(
        {
          chip: Type.String({ default: 'gpiochip0', pattern: '^(/dev/)?gpiochip[0-9]+$' }),
          line: Type.Integer({ minimum: 0, maximum: 1023 }),
          activeLow: Type.Boolean({ default: false }),
        },
        { additionalProperties: false, description: 'A relay on a line of this computer.' },
      ),
    ),
    modbus: Type.Optional(
      Type.Object(
        {
          line: Type.String({ pattern: '^(/[^\\s]+|(tcp|rtu-tcp)://[A-Za-z0-9.-]+(:[0-9]{1,5})?)$', maxLength: 200 }),
          baudRate: Type.Integer({ default: 9600, minimum: 300, maximum: 1_000_000 }),
          parity: Type.Union([Type.Literal('none'), Type.Literal('even'), Type.Literal('odd')], { default: 'none' }),
          stopBits: Type.Union([Type.Literal(1), Type.Literal(2)], { default: 1 }),
          unit: Type.Integer({ default: 1, minimum: 1, maximum: 247 }),
          timeoutMs: Type.Integer({ default: 1000, minimum: 50, maximum: 10_000 }),
          retries: Type.Integer({ default: 2, minimum: 0, maximum: 10 }),
          pollSeconds: Type.Number({ default: 10, minimum: 0.1, maximum: 3600 }),
          power: Type.Optional(
            Type.Object(
              {
                kind: Type.Union([Type.Literal('coil'), Type.Literal('holding')]),
                address: Type.Integer({ minimum: 0, maximum: 65_535 }),
                on: Type.Integer({ default: 1, minimum: 0, maximum: 65_535 }),
                off: Type.Integer({ default: 0, minimum: 0, maximum: 65_535 }),
                readBack: Type.Boolean({ default: true }),
              },
              { additionalProperties: false, description: 'The register that switches it.' },
            ),
          ),
          readings: Type.Array(AmplifierReading, { default: [], maxItems: 32 }),
        },
        { additionalProperties: false, description: 'A Modbus line.' },
      ),
    ),
  },
  { additionalProperties: false, description: 'An amplifier.' },
)
export type AmplifierSettings = Static<typeof AmplifierSettings>
/** From a whisper to where nothing of speech is left but its peaks. */
const LUFS = { minimum: -40, maximum: -8 }
/** A server that is asked for speech, if espeak-ng is not good enough. */
export const SpeechServer = Type.Object(
  {
    url: Type.String({ pattern: '^https?://[^\\s]+$', maxLength: 2000 }),
    json: Type.Optional(Type.String({ minLength: 2, maxLength: 4000 })),
    header: Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$', default: 'Authorization' }),
    secret: Type.Optional(Type.String({ minLength: 1 })),
    version: Type.String({ default: '1', minLength: 1, maxLength: 64 }),
    bytesMax: Type.Integer({ default: 30_000_000, minimum: 1_000, maximum: 200_000_000 }),
  },
  { additionalProperties: false, description: 'A server that turns text into sound.' },
)
export type SpeechServer = Static<typeof SpeechServer>

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
    timeZone: Type.String({ default: 'Asia/Ho_Chi_Minh', minLength: 1, maxLength: 64 }),
    position: Type.Optional(
      Type.Object(
        {
          latitude: Type.Number({ minimum: -90, maximum: 90 }),
          longitude: Type.Number({ minimum: -180, maximum: 180 }),
        },
        { additionalProperties: false, description: 'Where the box hangs.' },
      ),
    ),
    languages: Type.Array(Type.String({ pattern: '^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$', maxLength: 35 }), {
      default: ['vi'],
      minItems: 1,
      maxItems: 8,
    }),
    volume: section(
      {
        fadeSeconds: Type.Number({ default: 3, minimum: 0, maximum: 60 }),
        levelsDb: section(
          {
            live: LevelDb,
            mobilised: LevelDb,
            urgent: LevelDb,
            priority: LevelDb,
            normal: LevelDb,
            filler: LevelDb,
          },
          'Levels by priority, below that of the output.',
        ),
        rules: Type.Array(VolumeRule, { default: [], maxItems: 50 }),
      },
      'Levels by priority, quiet hours and ceilings.',
    ),
    loudness: section(
      {
        enabled: Type.Boolean({ default: true }),
        targetLufs: Type.Number({ default: -16, ...LUFS }),
        maxGainDb: Type.Number({ default: 20, minimum: 0, maximum: 40 }),
        alertLufs: Type.Optional(Type.Number(LUFS)),
        liveLufs: Type.Optional(Type.Number(LUFS)),
        relayLufs: Type.Optional(Type.Number(LUFS)),
        jingleLufs: Type.Optional(Type.Number(LUFS)),
        fillerLufs: Type.Optional(Type.Number(LUFS)),
      },
      'How loud everything is made, whatever it was recorded at.',
    ),
    alerts: section(
      {
        statuses: Type.Array(
          Type.Union([
            Type.Literal('Actual'),
            Type.Literal('Exercise'),
            Type.Literal('System'),
            Type.Literal('Test'),
            Type.Literal('Draft'),
          ]),
          { default: ['Actual', 'Exercise'], maxItems: 5, uniqueItems: true },
        ),
        geocodes: Type.Array(Type.String({ pattern: '^[^=\\s]+=.+$', maxLength: 200 }), { default: [], maxItems: 50 }),
        sources: Type.Array(AlertSource, { default: [], maxItems: 8 }),
      },
      'Which alerts the box obeys, beside where they are from.',
    ),
    speech: section(
      {
        voice: Type.Union([Type.Literal('north'), Type.Literal('central'), Type.Literal('south')], {
          default: 'north',
        }),
        words: Type.Optional(Type.String({ minLength: 1 })),
        command: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), { minItems: 1, maxItems: 50 }),
        ),
        http: Type.Optional(SpeechServer),
        languages: Type.Array(Type.String({ pattern: '^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$', maxLength: 35 }), {
          default: ['vi'],
          minItems: 1,
          maxItems: 20,
        }),
        timeoutSeconds: Type.Integer({ default: 60, minimum: 1, maximum: 600 }),
      },
      'How texts are spoken.',
    ),
    owner: Type.Optional(
      Type.Object(
        {
          // As issuers are named: it is the issuer of the records.
          name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' }),
          folders: Type.Array(Type.String({ minLength: 1 }), { default: [], maxItems: 8 }),
          playlist: Type.Optional(Type.String({ pattern: '^https?://[^\\s]+$', maxLength: 2000 })),
          stillSeconds: Type.Number({ default: 10, minimum: 1, maximum: 3600 }),
          outputs: Type.Optional(Type.Array(OutputName, { minItems: 1, maxItems: 16 })),
        },
        { additionalProperties: false, description: 'What the owner of a private board shows on it.' },
      ),
    ),
    amplifiers: Type.Array(AmplifierSettings, { default: [], maxItems: 8 }),
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
