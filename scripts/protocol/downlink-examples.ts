/** One complete message of each kind that a box may be told, and what else shows a kind in use. */
import type { Delegation, Downlink, DownlinkKind, DownlinkOf, ScheduleBody } from '../../agent/protocol/downlink.ts'
import type { Target } from '../../agent/protocol/fields.ts'
import { AREA, DEVICE, EPOCH, exampleUuid, fileHash, ISSUER } from './example-names.ts'
import { FLOOD_CAP, FLOOD_OVER_CAP } from './cap-examples.ts'
import { testKey } from './keys.ts'

export type Example<T> = { name: string; summary: string; payload: T }

export const delegationExample: Delegation = {
  version: 1,
  issuer: ISSUER,
  key: { kty: 'OKP', crv: 'Ed25519', x: testKey('issuer').x },
  area: AREA,
  highestPriority: 'alert',
  kinds: ['schedule', 'media', 'alert', 'live', 'command', 'receipt'],
  from: '2026-07-01T00:00:00+07:00',
  until: '2027-07-01T00:00:00+07:00',
}

type Order<K extends DownlinkKind> = {
  kind: K
  name: string
  sequence: number
  issued: string
  expires: string
  target: Target
}

const envelope = <K extends DownlinkKind>({ kind, name, sequence, issued, expires, target }: Order<K>) => ({
  version: 1 as const,
  kind,
  messageId: exampleUuid(name),
  issuer: ISSUER,
  target,
  sequence,
  issued,
  expires,
})

const commune: Target = { area: AREA }
const box: Target = { device: DEVICE }

/** A stream that has no address but a description (RFC 8866): RTP multicast in the network of the commune. */
const RTP_SDP = 'v=0\no=- 0 0 IN IP4 10.8.0.1\ns=VOV1\nc=IN IP4 239.8.0.1/4\nt=0 0\nm=audio 5004 RTP/AVP 14\n'

const programmes: ScheduleBody['programmes'] = [
  {
    programmeId: 'ban-tin-sang',
    title: 'Bản tin sáng của xã',
    priority: 'normal',
    start: '2026-11-23T05:30:00',
    timeZone: 'Asia/Ho_Chi_Minh',
    rule: 'FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20270630T235959',
    extraStarts: ['2026-12-22T05:30:00'],
    exceptStarts: ['2027-02-17T05:30:00'],
    validFrom: '2026-11-23T00:00:00+07:00',
    validUntil: '2027-07-01T00:00:00+07:00',
    items: [{ content: { kind: 'sound', sha256: fileHash('ban-tin-sang.opus') }, durationMs: 600_000 }],
    playlist: { chimeBefore: { sha256: fileHash('nhac-hieu.opus'), durationMs: 12_000 } },
    outputs: ['horn'],
    whenInterrupted: 'resume',
    lateJoin: 'offset',
    gainDb: -3,
  },
  {
    programmeId: 'tiep-song-vov1',
    title: 'Tiếp sóng thời sự VOV1',
    priority: 'priority',
    start: '2026-11-23T06:00:00',
    rule: 'FREQ=DAILY',
    items: [
      {
        content: {
          kind: 'stream',
          sources: [{ url: 'https://stream.example.vn/vov1.aac' }, { sdp: RTP_SDP }],
          fallback: fileHash('nhac-hieu.opus'),
          silenceMs: 20_000,
        },
        durationMs: 1_800_000,
      },
    ],
    whenInterrupted: 'rejoin',
  },
  {
    programmeId: 'ca-nhac-trua',
    title: 'Ca nhạc trưa',
    priority: 'normal',
    start: '2026-11-23T11:00:00',
    rule: 'FREQ=DAILY',
    items: [
      { content: { kind: 'sound', sha256: fileHash('dan-ca-quan-ho.opus') }, durationMs: 214_000 },
      { content: { kind: 'sound', sha256: fileHash('xoe-thai.opus') }, durationMs: 187_000 },
    ],
    playlist: {
      durationMs: 1_800_000,
      loop: true,
      atEnd: 'overrun',
      shuffleSeed: 2_215,
      chimeBefore: { sha256: fileHash('nhac-hieu.opus'), durationMs: 12_000 },
      chimeAfter: { sha256: fileHash('nhac-hieu.opus'), durationMs: 12_000 },
      identity: { sha256: fileHash('loi-xuong.opus'), durationMs: 9_000, everyMs: 900_000 },
      crossfadeMs: 2_000,
    },
    outputs: ['horn'],
    whenInterrupted: 'restart',
  },
  {
    programmeId: 'bao-gio',
    title: 'Báo giờ',
    priority: 'priority',
    start: '2026-11-23T11:30:00',
    rule: 'FREQ=DAILY',
    items: [{ content: { kind: 'sound', sha256: fileHash('nhac-hieu.opus') }, durationMs: 12_000 }],
    over: { duckDb: -24, fadeMs: 500 },
  },
  {
    programmeId: 'thong-bao-cat-dien',
    title: 'Thông báo cắt điện',
    priority: 'priority',
    start: '2026-11-23T17:30:00',
    items: [
      {
        content: {
          kind: 'speech',
          text: 'UBND xã Vĩnh Hải thông báo: từ 7h30 đến 11h30 ngày 25/11/2026, thôn 5 và thôn 6 tạm ngừng cấp điện.',
          language: 'vi',
          voice: 'north',
        },
        durationMs: 20_000,
      },
    ],
  },
  {
    programmeId: 'bang-tin',
    title: 'Bảng tin điện tử',
    priority: 'filler',
    start: '2026-11-23T06:00:00',
    rule: 'FREQ=DAILY',
    items: [
      {
        content: {
          kind: 'text',
          title: 'Lịch tiêm chủng',
          body: 'Trạm y tế xã tiêm chủng mở rộng\nsáng thứ tư, từ 7 giờ 30',
          colour: '#ffffff',
          background: '#004c99',
        },
        durationMs: 15_000,
        ticker: 'Đề phòng cháy rừng: không đốt nương khi có gió mạnh',
      },
      { content: { kind: 'still', sha256: fileHash('an-toan-giao-thong.png') }, durationMs: 10_000 },
      { content: { kind: 'video', sha256: fileHash('phong-chong-dich.mp4') }, durationMs: 45_000 },
    ],
    outputs: ['board'],
    whenInterrupted: 'rejoin',
    lateJoin: 'offset',
  },
]

const media: DownlinkOf<'media'>['body']['media'] = (
  [
    ['nhac-hieu.opus', 'audio/ogg', 98_304],
    ['ban-tin-sang.opus', 'audio/ogg', 4_812_331],
    ['dan-ca-quan-ho.opus', 'audio/ogg', 1_716_024],
    ['xoe-thai.opus', 'audio/ogg', 1_499_105],
    ['loi-xuong.opus', 'audio/ogg', 73_728],
    ['an-toan-giao-thong.png', 'image/png', 412_907],
    ['phong-chong-dich.mp4', 'video/mp4', 18_220_114],
  ] as const
).map(([name, mediaType, bytes]) => ({
  sha256: fileHash(name),
  bytes,
  mediaType,
  urls: [`https://media.example.vn/${AREA}/${fileHash(name)}`, `http://10.8.0.1/media/${fileHash(name)}`],
  name,
}))

const FLOOD = 'lu-quet-2026-11-23-01'

const schedule: DownlinkOf<'schedule'> = {
  ...envelope({
    kind: 'schedule',
    name: 'schedule',
    sequence: 42,
    issued: '2026-11-22T16:05:00+07:00',
    expires: '2027-01-01T00:00:00+07:00',
    target: commune,
  }),
  kind: 'schedule',
  body: {
    scheduleId: 'lich-phat-2026-48',
    revision: 3,
    validFrom: '2026-11-23T00:00:00+07:00',
    validUntil: '2026-12-31T23:59:59+07:00',
    programmes,
    arrangement: [
      { issuer: 'so-ttdl-08', programmeId: 'thoi-su-tinh' },
      { issuer: ISSUER, programmeId: 'tiep-song-vov1' },
    ],
  },
}

const alertEnvelope = { kind: 'alert', target: commune, expires: '2026-11-23T18:00:00+07:00' } as const

const alert: DownlinkOf<'alert'> = {
  ...envelope({ ...alertEnvelope, name: 'alert', sequence: 2, issued: '2026-11-23T14:20:05+07:00' }),
  kind: 'alert',
  body: { alertId: FLOOD, cap: FLOOD_CAP, siren: 'by-severity', repeatPauseMs: 2_000, outputs: ['horn', 'board'] },
}

const cancel: DownlinkOf<'alert'> = {
  ...envelope({ ...alertEnvelope, name: 'alert-cancel', sequence: 3, issued: '2026-11-23T16:45:00+07:00' }),
  kind: 'alert',
  body: { alertId: FLOOD, cap: FLOOD_OVER_CAP },
}

const LIVE = 'chu-tich-2026-11-23-1900'
const liveEnvelope = {
  kind: 'live',
  target: { group: 'nha-van-hoa', within: AREA },
  expires: '2026-11-23T19:30:00+07:00',
} as const

const live: DownlinkOf<'live'> = {
  ...envelope({ ...liveEnvelope, name: 'live', sequence: 7, issued: '2026-11-23T18:59:58+07:00' }),
  kind: 'live',
  body: {
    action: 'start',
    liveId: LIVE,
    title: 'Chủ tịch xã nói chuyện với bà con',
    source: { url: 'https://stream.example.vn/live/02215.opus' },
    maxMs: 1_800_000,
    outputs: ['horn'],
  },
}

/** From the microphone in the hall, straight into the local network: no server, so no address but a description. */
const liveSdp: DownlinkOf<'live'> = {
  ...envelope({ ...liveEnvelope, name: 'live-sdp', sequence: 9, issued: '2026-11-23T19:20:00+07:00' }),
  kind: 'live',
  body: {
    action: 'start',
    liveId: 'truong-thon-2026-11-23-1920',
    title: 'Trưởng thôn thông báo',
    source: {
      sdp: 'v=0\no=- 0 0 IN IP4 10.8.0.7\ns=-\nc=IN IP4 239.8.0.7/4\nt=0 0\nm=audio 5004 RTP/AVP 97\na=rtpmap:97 opus/48000/2\n',
    },
    maxMs: 600_000,
    goneMs: 5_000,
    over: { duckDb: -20, fadeMs: 300 },
  },
}

const liveStop: DownlinkOf<'live'> = {
  ...envelope({ ...liveEnvelope, name: 'live-stop', sequence: 8, issued: '2026-11-23T19:12:31+07:00' }),
  kind: 'live',
  body: { action: 'stop', liveId: LIVE },
}

const command = (name: string, sequence: number, body: DownlinkOf<'command'>['body']): DownlinkOf<'command'> => ({
  ...envelope({
    kind: 'command',
    name,
    sequence,
    issued: '2026-11-23T08:00:00+07:00',
    expires: '2026-11-23T08:05:00+07:00',
    target: box,
  }),
  kind: 'command',
  body,
})

const orders: Example<Downlink>[] = [
  {
    name: 'command-mobilise',
    summary: 'Takes the board and the loudspeaker of a shop over for an evening.',
    payload: command('command-mobilise', 92, {
      action: 'mobilise',
      orderId: 'huy-dong-2026-11-23-01',
      title: 'Huy động bảng tin phục vụ phòng chống bão',
      items: [
        {
          content: { kind: 'speech', text: 'Bão số 12 sắp vào bờ.', language: 'vi', voice: 'north' },
          durationMs: 5_000,
        },
        {
          content: { kind: 'text', title: 'Bão số 12', body: 'Gia cố nhà cửa trước 18 giờ hôm nay' },
          durationMs: 20_000,
        },
        {
          content: {
            kind: 'stream',
            sources: [{ sdp: RTP_SDP }],
            fallback: fileHash('nhac-hieu.opus'),
            silenceMs: 30_000,
          },
          durationMs: 3_600_000,
        },
      ],
      until: '2026-11-23T22:00:00+07:00',
      outputs: ['board', 'horn'],
      gainDb: -3,
    }),
  },
  {
    name: 'command-release',
    summary: 'Gives them back before their time.',
    payload: command('command-release', 93, { action: 'release', orderId: 'huy-dong-2026-11-23-01' }),
  },
  {
    name: 'command-withdraw',
    summary: 'Calls the notice of `command-play` off.',
    payload: command('command-withdraw', 94, { action: 'withdraw', messageId: exampleUuid('command-play') }),
  },
]

const receipt: DownlinkOf<'receipt'> = {
  ...envelope({
    kind: 'receipt',
    name: 'receipt',
    sequence: 311,
    issued: '2026-11-23T05:45:00+07:00',
    expires: '2026-11-24T05:45:00+07:00',
    target: box,
  }),
  kind: 'receipt',
  body: { epoch: EPOCH, position: 1_204 },
}

const revocation: DownlinkOf<'revocation'> = {
  ...envelope({
    kind: 'revocation',
    name: 'revocation',
    sequence: 5,
    issued: '2026-11-20T09:00:00+07:00',
    expires: '2036-11-20T09:00:00+07:00',
    target: { area: 'vn' },
  }),
  kind: 'revocation',
  issuer: 'root',
  body: { keys: [testKey('an issuer whose laptop was stolen').x] },
}

const mediaMessage: DownlinkOf<'media'> = {
  ...envelope({
    kind: 'media',
    name: 'media',
    sequence: 17,
    issued: '2026-11-22T16:04:00+07:00',
    expires: '2027-01-01T00:00:00+07:00',
    target: commune,
  }),
  kind: 'media',
  body: { media },
}

/** The first of each kind is the complete one. */
export const downlinkExamples: Record<DownlinkKind, Example<Downlink>[]> = {
  schedule: [
    { name: 'schedule', summary: 'A bulletin, a relay, music at noon and the slides of a board.', payload: schedule },
  ],
  media: [{ name: 'media', summary: 'The files that the schedule names.', payload: mediaMessage }],
  alert: [
    {
      name: 'alert',
      summary: 'A flash flood: CAP 1.2, an update of an earlier alert, in two languages.',
      payload: alert,
    },
    { name: 'alert-cancel', summary: 'The same alert is over.', payload: cancel },
  ],
  live: [
    { name: 'live', summary: 'The chairman begins to speak in all culture houses.', payload: live },
    { name: 'live-sdp', summary: 'The head of a hamlet speaks, by RTP multicast.', payload: liveSdp },
    { name: 'live-stop', summary: 'And ends.', payload: liveStop },
  ],
  command: [
    {
      name: 'command',
      summary: 'Sets the volume of the horn.',
      payload: command('command', 88, { action: 'set-volume', gainDb: -12, outputs: ['horn'] }),
    },
    {
      name: 'command-mute',
      summary: 'Silences the horn, alerts excepted, until an unmute.',
      payload: command('command-mute', 95, { action: 'mute', outputs: ['horn'] }),
    },
    {
      name: 'command-play',
      summary: 'Plays a notice once, now.',
      payload: command('command-play', 89, {
        action: 'play',
        title: 'Thông báo cắt điện',
        priority: 'urgent',
        items: [
          {
            content: { kind: 'speech', text: 'Cắt điện từ 13h đến 17h.', language: 'vi', voice: 'south' },
            durationMs: 6_000,
          },
          { content: { kind: 'sound', sha256: fileHash('nhac-hieu.opus') }, durationMs: 12_000 },
          { content: { kind: 'stream', sources: [{ url: 'srt://10.8.0.1:9000' }] }, durationMs: 60_000 },
          {
            content: {
              kind: 'text',
              title: 'Cắt điện',
              body: 'Cắt điện toàn xã từ 13 giờ đến 17 giờ',
              colour: '#ffff00',
              background: '#000000',
            },
            durationMs: 72_000,
            ticker: 'Điện lực khu vực trực 24/24 giờ',
          },
        ],
        outputs: ['horn', 'board'],
        gainDb: 0,
      }),
    },
    {
      name: 'command-play-over',
      summary: 'A notice over the morning music, which goes on below it.',
      payload: command('command-play-over', 97, {
        action: 'play',
        title: 'Mời họp thôn',
        priority: 'priority',
        items: [
          { content: { kind: 'sound', sha256: fileHash('nhac-hieu.opus') }, durationMs: 12_000 },
          { content: { kind: 'speech', text: 'Mời bà con họp lúc 19 giờ tại nhà văn hoá.' }, durationMs: 8_000 },
        ],
        over: { duckDb: -20, fadeMs: 300 },
      }),
    },
    {
      name: 'command-report',
      summary: 'Asks for a heartbeat now.',
      payload: command('command-report', 90, { action: 'report' }),
    },
    {
      name: 'command-restart',
      summary: 'Restarts the agent.',
      payload: command('command-restart', 91, { action: 'restart' }),
    },
    ...orders,
  ],
  receipt: [{ name: 'receipt', summary: 'The head-end holds everything up to position 1204.', payload: receipt }],
  revocation: [{ name: 'revocation', summary: 'One key may no longer speak.', payload: revocation }],
}
