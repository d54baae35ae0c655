import t from 'tap'
import type { ScheduleBody } from '../../agent/protocol/downlink.ts'
import { hashesOf, toSchedule } from '../../agent/translate.ts'
import { PLAIN_PLAYLIST } from '../../player/plan/schedule.ts'
import { parseWall } from '../../player/plan/time.ts'
import { itemsPlayed, trackLengthMs } from '../../player/plan/track.ts'

type WireProgramme = ScheduleBody['programmes'][number]

const hash = (name: string): string => name.repeat(64).slice(0, 64)
const origin = { issuer: 'xa', sourceId: 'schedule:xa', authorityArea: 'vn/08/02215' }

const translated = (rest: Partial<WireProgramme>) =>
  toSchedule(
    {
      scheduleId: 'day',
      revision: 1,
      validFrom: '2026-11-01T00:00:00Z',
      validUntil: '2027-01-01T00:00:00Z',
      programmes: [
        {
          programmeId: 'music',
          title: 'Music',
          priority: 'filler',
          start: '2026-11-21T06:00:00',
          items: [{ content: { kind: 'sound', sha256: hash('a') }, durationMs: 180_000 }],
          ...rest,
        },
      ],
    },
    origin,
  )

const programmeOf = (rest: Partial<WireProgramme>) => {
  const result = translated(rest)
  if (result.kind === 'wrong') throw new Error(result.detail)
  return result.compiled.schedule.programmes[0]!
}

t.test('a playlist of the wire comes to the plan whole', async (t) => {
  const chime = { sha256: hash('c'), durationMs: 4_000 }
  const identity = { sha256: hash('1'), durationMs: 6_000, everyMs: 1_800_000 }
  const programme = programmeOf({
    playlist: {
      durationMs: 3_600_000,
      loop: true,
      atEnd: 'overrun',
      shuffleSeed: 7,
      chimeBefore: chime,
      chimeAfter: { ...chime, sha256: hash('d') },
      identity,
      crossfadeMs: 2_000,
    },
    validFrom: '2026-11-22T00:00:00+07:00',
    validUntil: '2026-11-23T00:00:00+07:00',
  })
  const soundItem = (name: string, durationMs: number) => ({
    content: { kind: 'sound', sha256: hash(name) },
    durationMs,
  })
  t.same(programme.playlist, {
    lengthMs: 3_600_000,
    isLooped: true,
    atEnd: 'overrun',
    shuffleSeed: 7,
    chimeBefore: soundItem('c', 4_000),
    chimeAfter: soundItem('d', 4_000),
    identity: { item: soundItem('1', 6_000), everyMs: 1_800_000 },
    crossfadeMs: 2_000,
  })
  t.equal(programme.validFrom, parseWall('2026-11-21T17:00:00Z'))
  t.equal(programme.validUntil, parseWall('2026-11-22T17:00:00Z'))
  t.same(hashesOf(itemsPlayed(programme)), ['a', 'c', 'd', '1'].map(hash), 'each of its files is wanted')
})

t.test('without a playlist the items come once, in order', async (t) => {
  const programme = programmeOf({})
  t.same(programme.playlist, PLAIN_PLAYLIST)
  t.same(programmeOf({ playlist: {} }).playlist, PLAIN_PLAYLIST)
  t.equal(trackLengthMs(programme, 'sound'), 180_000)
})

t.test('what cannot be laid out or is never valid is refused, with the programme and the reason', async (t) => {
  for (const [rest, detail] of [
    [{ playlist: { loop: true } }, /^programme music: loop needs durationMs/],
    [
      { playlist: { durationMs: 8_000, chimeBefore: { sha256: hash('c'), durationMs: 8_000 } } },
      /^programme music: the chimes/,
    ],
    [
      { playlist: { identity: { sha256: hash('c'), durationMs: 60_000, everyMs: 60_000 } } },
      /^programme music: the identity/,
    ],
    [
      { validFrom: '2026-11-22T00:00:00Z', validUntil: '2026-11-22T07:00:00+07:00' },
      /^programme music: validUntil is not after validFrom/,
    ],
  ] satisfies [Partial<WireProgramme>, RegExp][])
    t.match(translated(rest), { kind: 'wrong', detail })
})
