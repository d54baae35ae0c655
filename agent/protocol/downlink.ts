/**
 * What a box may be told. Each message is the payload of a JWS (RFC 7515, Ed25519 by RFC 8037), compact serialisation;
 * the protected header carries the issuer's key id and the delegation that the root signed for it.
 */
import { type Static, Type } from '@sinclair/typebox'
import {
  AreaPath,
  Colour,
  DateTime,
  DurationMs,
  GainDb,
  HttpUrl,
  Id,
  LanguageTag,
  Line,
  LocalDateTime,
  Outputs,
  Over,
  Sha256,
  StreamSource,
  Target,
  Text,
  Uuid,
  Version,
  closed,
  literals,
} from './fields.ts'

/** A JWS over this is refused unread: a schedule of 10,000 programmes is about 4 MB. */
export const DOWNLINK_BYTES_MAX = 8_000_000

export const DOWNLINK_KINDS = ['schedule', 'media', 'alert', 'live', 'command', 'receipt', 'revocation'] as const
export type DownlinkKind = (typeof DOWNLINK_KINDS)[number]

/** Revocations come from the root alone, so no delegation can carry them. */
export const DELEGABLE_KINDS = ['schedule', 'media', 'alert', 'live', 'command', 'receipt'] as const

export const PriorityName = literals(
  ['alert', 'live', 'mobilised', 'urgent', 'priority', 'normal', 'filler'],
  'Highest first. urgent, priority and normal are khẩn cấp, ưu tiên and thông thường of Circular 39/2020/TT-BTTTT.',
)

export const PublicKey = closed(
  {
    kty: Type.Literal('OKP'),
    crv: Type.Literal('Ed25519'),
    x: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'The public key, base64url (RFC 8037).' }),
  },
  'An Ed25519 public key as a JWK.',
)

export const Delegation = closed(
  {
    version: Version,
    issuer: Id,
    key: PublicKey,
    area: AreaPath,
    highestPriority: PriorityName,
    kinds: Type.Array(literals(DELEGABLE_KINDS, 'A kind of message.'), { minItems: 1, maxItems: 6, uniqueItems: true }),
    from: DateTime,
    until: DateTime,
  },
  'Signed by the root: this key may speak for this area, up to this priority, for these kinds, until this date.',
)
export type Delegation = Static<typeof Delegation>

const Content = Type.Union(
  [
    closed({ kind: Type.Literal('sound'), sha256: Sha256 }, 'A sound file.'),
    closed(
      {
        kind: Type.Literal('stream'),
        sources: Type.Array(StreamSource, {
          minItems: 1,
          maxItems: 8,
          description: 'Tried in order; the first is tried again while a later one plays.',
        }),
        fallback: Type.Optional(
          Type.String({
            pattern: '^[0-9a-f]{64}$',
            description: 'SHA-256 of a sound file that is played, again and again, while no source does.',
          }),
        ),
        silenceMs: Type.Optional(
          Type.Integer({
            minimum: 1_000,
            maximum: 600_000,
            description: 'Silence for so long counts as a source that fails; 15000 if absent.',
          }),
        ),
      },
      'A live stream of sound (tiếp sóng).',
    ),
    closed(
      {
        kind: Type.Literal('speech'),
        text: Text,
        language: Type.Optional(LanguageTag),
        voice: Type.Optional(
          literals(['north', 'central', 'south'], 'Which Vietnamese; that of the settings of the box if absent.'),
        ),
      },
      'A text that the box speaks. Its item is as long as durationMs says: what takes longer to say is cut there, and the box tells it by the alarm speech-item once it has spoken the text, up to a day ahead.',
    ),
    closed({ kind: Type.Literal('still'), sha256: Sha256 }, 'A picture.'),
    closed({ kind: Type.Literal('video'), sha256: Sha256 }, 'A video.'),
    closed(
      {
        kind: Type.Literal('text'),
        title: Type.Optional(Line),
        body: Text,
        colour: Type.Optional(Colour),
        background: Type.Optional(Colour),
      },
      'A slide of text, laid out by the box.',
    ),
  ],
  { description: 'What is sounded or shown.' },
)

export const WireItem = closed(
  {
    content: Content,
    durationMs: DurationMs,
    ticker: Type.Optional(Text),
  },
  'One item; a ticker scrolls under a picture.',
)

const SoundFile = closed({ sha256: Sha256, durationMs: DurationMs }, 'A sound file.')

const Playlist = closed(
  {
    durationMs: Type.Optional(DurationMs),
    loop: Type.Optional(Type.Boolean({ description: 'Items begin again until durationMs is full; needs durationMs.' })),
    atEnd: Type.Optional(
      literals(['cut', 'overrun'], 'What becomes of the item that plays when durationMs is over; cut if absent.'),
    ),
    shuffleSeed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        description: 'Items are shuffled, each round and each day anew and on every box alike. In order if absent.',
      }),
    ),
    chimeBefore: Type.Optional(SoundFile),
    chimeAfter: Type.Optional(SoundFile),
    identity: Type.Optional(
      closed(
        { sha256: Sha256, durationMs: DurationMs, everyMs: Type.Integer({ minimum: 60_000, maximum: 86_400_000 }) },
        'The identity of the station, before the first item that begins so long after the last time.',
      ),
    ),
    crossfadeMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_000,
        description:
          'Each sound begins so long before the one before it ends, and they pass over into each other. Less than half of the durationMs of every sound; 0 if absent.',
      }),
    ),
  },
  'How the items follow each other; once and in order if absent.',
)

export const WireProgramme = closed(
  {
    programmeId: Id,
    title: Line,
    priority: literals(['mobilised', 'urgent', 'priority', 'normal', 'filler'], 'Priority of a scheduled programme.'),
    start: LocalDateTime,
    timeZone: Type.Optional(Type.String({ maxLength: 64, description: 'IANA time zone; Asia/Ho_Chi_Minh if absent.' })),
    rule: Type.Optional(
      Type.String({
        pattern: '^FREQ=[A-Z]+(;[A-Z]+=[A-Z0-9,+-]+)*$',
        maxLength: 500,
        description: 'RRULE of RFC 5545 §3.3.10.',
      }),
    ),
    extraStarts: Type.Optional(Type.Array(LocalDateTime, { maxItems: 400, description: 'RDATE of RFC 5545.' })),
    exceptStarts: Type.Optional(Type.Array(LocalDateTime, { maxItems: 400, description: 'EXDATE of RFC 5545.' })),
    validFrom: Type.Optional(DateTime),
    validUntil: Type.Optional(DateTime),
    items: Type.Array(WireItem, { minItems: 1, maxItems: 200 }),
    playlist: Type.Optional(Playlist),
    outputs: Type.Optional(Outputs),
    whenInterrupted: Type.Optional(
      literals(
        ['resume', 'restart', 'skip', 'rejoin'],
        'What becomes of it when something higher interrupts it; resume if absent.',
      ),
    ),
    lateJoin: Type.Optional(
      literals(['offset', 'start', 'skip'], 'What a box does that comes up in the middle of it; offset if absent.'),
    ),
    gainDb: Type.Optional(GainDb),
    over: Type.Optional(Over),
  },
  'A programme (chương trình): when, where and what.',
)

export const ScheduleBody = closed(
  {
    scheduleId: Id,
    revision: Type.Integer({ minimum: 1, description: 'Grows with every change.' }),
    validFrom: DateTime,
    validUntil: DateTime,
    programmes: Type.Array(WireProgramme, { maxItems: 10_000 }),
    arrangement: Type.Optional(
      Type.Array(closed({ issuer: Id, programmeId: Id }, 'A programme, of this issuer or of another.'), {
        maxItems: 1_000,
        description:
          'What comes first where programmes of the same class clash, ưu tiên or thông thường (Circular 39/2020/TT-BTTTT): the commune decides. Of several, that of the narrowest area counts. Those that it does not name come after.',
      }),
    ),
  },
  'All programmes of one issuer for one target: replaces the schedule before as a whole.',
)
export type ScheduleBody = Static<typeof ScheduleBody>

export const MediaFile = closed(
  {
    sha256: Sha256,
    bytes: Type.Integer({ minimum: 1, maximum: 4_000_000_000 }),
    mediaType: Type.String({
      pattern: '^[a-z]+/[A-Za-z0-9.+-]+$',
      maxLength: 100,
      description: 'IANA media type.',
    }),
    urls: Type.Array(HttpUrl, { minItems: 1, maxItems: 5 }),
    name: Line,
  },
  'One file.',
)

export const MediaBody = closed(
  { media: Type.Array(MediaFile, { maxItems: 20_000 }) },
  'Where the files are that schedules, alerts and commands name by their hash.',
)
export type MediaBody = Static<typeof MediaBody>

export const AlertBody = closed(
  {
    alertId: Id,
    cap: Type.String({
      minLength: 1,
      maxLength: 200_000,
      description:
        'One CAP 1.2 alert as XML, as its author wrote it. Signatures inside it are not looked at: this message is.',
    }),
    siren: Type.Optional(
      literals(['by-severity', 'none'], 'Whether a siren sounds before the words; by-severity if absent.'),
    ),
    repeatPauseMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3_600_000, description: 'Silence before it is repeated; 5000 if absent.' }),
    ),
    outputs: Type.Optional(Outputs),
  },
  'An alert (thông báo khẩn cấp): CAP 1.2 in a signed message.',
)
export type AlertBody = Static<typeof AlertBody>

export const LiveBody = Type.Union(
  [
    closed(
      {
        action: Type.Literal('start'),
        liveId: Id,
        title: Line,
        source: StreamSource,
        maxMs: DurationMs,
        goneMs: Type.Optional(
          Type.Integer({
            minimum: 1_000,
            maximum: 60_000,
            description: 'It ends by itself when its source is gone for so long; 10000 if absent.',
          }),
        ),
        outputs: Type.Optional(Outputs),
        over: Type.Optional(Over),
      },
      'An official begins to speak.',
    ),
    closed({ action: Type.Literal('stop'), liveId: Id }, 'And ends.'),
  ],
  { description: 'A live announcement (phát trực tiếp).' },
)
export type LiveBody = Static<typeof LiveBody>

export const CommandBody = Type.Union(
  [
    closed(
      { action: Type.Literal('set-volume'), gainDb: GainDb, outputs: Type.Optional(Outputs) },
      'Sets and keeps the level of outputs, in place of the one in their settings, for what its issuer stands over: programmes and orders up to its highest priority, of its own area or a narrower one. Of several the newest binds. Alerts are never softer than the settings have it.',
    ),
    closed(
      { action: Type.Literal('mute'), outputs: Type.Optional(Outputs) },
      'Silences outputs until an unmute, across a reboot. What is due is recorded as missed. Alerts sound all the same. Needs the right to speak live.',
    ),
    closed({ action: Type.Literal('unmute'), outputs: Type.Optional(Outputs) }, 'And ends it.'),
    closed({ action: Type.Literal('report') }, 'Sends a heartbeat now.'),
    closed(
      {
        action: Type.Literal('play'),
        title: Line,
        priority: PriorityName,
        items: Type.Array(WireItem, { minItems: 1, maxItems: 50 }),
        outputs: Type.Optional(Outputs),
        gainDb: Type.Optional(GainDb),
        over: Type.Optional(Over),
      },
      'Plays items once, now.',
    ),
    closed(
      {
        action: Type.Literal('mobilise'),
        orderId: Id,
        title: Line,
        items: Type.Array(WireItem, { minItems: 1, maxItems: 50 }),
        until: DateTime,
        outputs: Type.Optional(Outputs),
        gainDb: Type.Optional(GainDb),
      },
      'Takes outputs over (huy động, trưng dụng) until then: the items are repeated, what was there comes back after.',
    ),
    closed(
      { action: Type.Literal('release'), orderId: Id },
      'Ends a mobilisation before its time: one of the same issuer, or one that an issuer of a narrower area ordered under that id.',
    ),
    closed(
      { action: Type.Literal('withdraw'), messageId: Uuid },
      'Ends a play that the same issuer ordered: on every box half a second after it has lasted for as long as between both issued, or at once where that is past.',
    ),
    closed({ action: Type.Literal('restart') }, 'Ends the agent in order; its supervisor starts it again.'),
  ],
  { description: 'An order to the box itself.' },
)
export type CommandBody = Static<typeof CommandBody>

export const ReceiptBody = closed(
  {
    epoch: Uuid,
    position: Type.Integer({ minimum: 0 }),
  },
  'The head-end holds every reliable message of this box up to this position of this epoch: they may be forgotten.',
)
export type ReceiptBody = Static<typeof ReceiptBody>

export const RevocationBody = closed(
  { keys: Type.Array(PublicKey.properties.x, { maxItems: 1000, description: 'The x of revoked keys.' }) },
  'The keys that may no longer speak. Signed by the root.',
)
export type RevocationBody = Static<typeof RevocationBody>

const BODIES = {
  schedule: ScheduleBody,
  media: MediaBody,
  alert: AlertBody,
  live: LiveBody,
  command: CommandBody,
  receipt: ReceiptBody,
  revocation: RevocationBody,
} as const

const downlink = <K extends DownlinkKind>(kind: K, description: string) =>
  closed(
    {
      version: Version,
      kind: Type.Literal(kind),
      messageId: Uuid,
      issuer: Id,
      target: Target,
      sequence: Type.Integer({
        minimum: 1,
        description: 'Grows with every message of one issuer, kind and target; of an alert also its alertId.',
      }),
      issued: DateTime,
      expires: DateTime,
      body: BODIES[kind],
    },
    description,
  )

export const DOWNLINKS = {
  schedule: downlink('schedule', 'A schedule. Retained.'),
  media: downlink('media', 'A media manifest. Retained.'),
  alert: downlink(
    'alert',
    'An alert. Retained until it ends, each on its own topic, so that a box that comes up late still hears it.',
  ),
  live: downlink('live', 'The start or stop of a live announcement.'),
  command: downlink('command', 'A command.'),
  receipt: downlink('receipt', 'Confirms what the head-end holds.'),
  revocation: downlink('revocation', 'Revoked keys. Retained.'),
} as const

export type Downlink = { [K in DownlinkKind]: Static<(typeof DOWNLINKS)[K]> }[DownlinkKind]
export type DownlinkOf<K extends DownlinkKind> = Static<(typeof DOWNLINKS)[K]>
