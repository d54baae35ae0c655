/** The main job, end to end on real parts: schedule in over MQTT, sound and picture out, as-run log back. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import t from 'tap'
import { publishAlert } from '../../scripts/head-end/orders.ts'
import { registerFile } from '../../scripts/head-end/media-files.ts'
import { findTone } from '../../scripts/bench-parts/tone.ts'
import { DEVICE, openStory, until } from '../fixtures/story-bench.ts'

/** The goal of the contract with the listener: within a tenth of a second of the planned moment. */
const START_TOLERANCE_MS = 100

t.test(
  'a schedule arrives; the right sound and picture are there at their moments, and the head-end holds the records',
  async (t) => {
    const story = await openStory(t)
    const { card, display } = story
    if (card === null || display === null) throw new Error('no bench')
    story.file(
      'green.png',
      await sharp({ create: { width: 640, height: 360, channels: 3, background: '#00a040' } })
        .png()
        .toBuffer(),
    )
    const recording = await card.record()
    story.startAgent()
    await until('the box is born', () =>
      story.states().some(({ state, cause }) => state === 'online' && cause === 'birth'),
    )
    const start = story.moment(7_000)
    await story.publish([
      {
        id: 'tune',
        title: 'Nhạc hiệu',
        on: start.local,
        items: [{ sound: story.tone(1000, 3_000) }, { sound: story.tone(2000, 2_000) }],
      },
      {
        id: 'poster',
        title: 'Áp phích',
        on: start.local,
        items: [{ still: 'green.png', for: '4s', ticker: 'Thông báo của xã' }],
      },
    ])
    await until('the schedule is in force', () =>
      story.acknowledgements().some(({ kind, outcome }) => kind === 'schedule' && outcome === 'current'),
    )
    await until('the poster is due', () => Date.now() > start.wall + 1_500)
    const picture = await display.look({ x: 600, y: 200, width: 20, height: 20 })
    t.ok(picture.takenAtMs > start.wall && picture.takenAtMs < start.wall + 4_000, 'looked while the poster was due')
    const middle = [...picture.rgb.subarray(0, 3)]
    t.ok(
      Math.abs((middle[0] ?? 255) - 0) < 12 &&
        Math.abs((middle[1] ?? 0) - 0xa0) < 12 &&
        Math.abs((middle[2] ?? 0) - 0x40) < 12,
      `the poster is on the screen: ${middle.join(',')}`,
    )
    await until('three records are at the head-end', () => story.records().length >= 3, 40_000)
    await recording.reach(start.wall + 5_500)
    await recording.stop()

    const pcm = recording.pcm()
    const [first] = findTone(pcm, { frequencyHz: 1000, fromMs: recording.msAt(start.wall - 2_000) })
    const [second] = findTone(pcm, { frequencyHz: 2000, fromMs: recording.msAt(start.wall - 2_000) })
    if (first === undefined || second === undefined) throw new Error('a tone is not in the recording')
    const lateMs = recording.wallAt(first.startMs) - start.wall
    t.ok(Math.abs(lateMs) < START_TOLERANCE_MS, `the first tone began ${lateMs.toFixed(1)} ms from its moment`)
    const secondLateMs = recording.wallAt(second.startMs) - (start.wall + 3_000)
    t.ok(Math.abs(secondLateMs) < START_TOLERANCE_MS, `the second ${secondLateMs.toFixed(1)} ms`)
    t.ok(
      Math.abs(first.endMs - first.startMs - 3_000) < 60,
      `the first tone was heard whole: ${first.endMs - first.startMs} ms`,
    )
    t.ok(
      Math.abs(second.endMs - second.startMs - 2_000) < 60,
      `the second tone was heard whole: ${second.endMs - second.startMs} ms`,
    )

    const records = story.records()
    t.equal(new Set(records.map(({ recordId }) => recordId)).size, 3)
    t.same(
      records
        .map(({ output, programmeId, itemIndex, ended }) => ({ output, programmeId, itemIndex, ended }))
        .sort((a, b) => a.programmeId.localeCompare(b.programmeId) || a.itemIndex - b.itemIndex),
      [
        { output: 'board', programmeId: 'poster', itemIndex: 0, ended: 'finished' },
        { output: 'cabinet', programmeId: 'tune', itemIndex: 0, ended: 'finished' },
        { output: 'cabinet', programmeId: 'tune', itemIndex: 1, ended: 'finished' },
      ],
    )
    for (const record of records) {
      const plannedAt = Date.parse(record.plannedStart)
      const actualAt = Date.parse(record.actualStart ?? '')
      t.ok(
        Math.abs(actualAt - plannedAt) < 500,
        `${record.programmeId} #${record.itemIndex}: the record says ${actualAt - plannedAt} ms`,
      )
      t.match(record, { plannedStart: /\+07:00$/, clockTrust: 'holdover', trigger: { kind: 'schedule', revision: 1 } })
    }
    // What the technician on the ladder sees, by the command that the box has.
    const loa = fileURLToPath(new URL('../../config/loa.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [
      loa,
      'status',
      '--json',
      '--settings',
      story.settingsFile,
    ])
    t.match(JSON.parse(stdout), {
      device: DEVICE,
      schedules: [{ scheduleId: 'story', state: 'current' }],
      broker: { connected: true, protocolVersion: 5 },
    })
    await until('the outbox is empty', () => story.heartbeats().at(-1)?.outbox.waiting === 0)
  },
)

t.test(
  'an alert for a cached siren interrupts the music within a fraction of a second, and the music goes on',
  async (t) => {
    const story = await openStory(t)
    const { card } = story
    if (card === null) throw new Error('no bench')
    const recording = await card.record()
    story.startAgent()
    const siren = story.tone(3000, 1_500)
    const start = story.moment(8_000)
    await story.publish(
      [{ id: 'music', title: 'Nhạc', on: start.local, items: [{ sound: story.tone(800, 8_000) }] }],
      [siren],
    )
    await until('everything is on the box', () => story.heartbeats().at(-1)?.cache.readyFiles === 2)
    await until('the music plays', () => Date.now() > start.wall + 3_000)
    const registered = await registerFile(`${story.folder}/media/${siren}`, story.headEnd().shelf)
    const publishedAt = Date.now()
    await publishAlert(
      story.headEnd().desk,
      {
        alertId: 'flood-1',
        sender: 'pctt@example.vn',
        sent: new Date(publishedAt).toISOString(),
        status: 'Actual',
        messageType: 'Alert',
        event: 'Lũ quét',
        urgency: 'Immediate',
        severity: 'Extreme',
        certainty: 'Observed',
        headline: 'Lũ quét: lên chỗ cao ngay',
        instruction: 'Rời khỏi ven suối. Mang theo người già và trẻ em.',
        expires: new Date(publishedAt + 12_000).toISOString(),
        sounds: [{ sha256: registered.sha256, durationMs: 1_500 }],
        repeatPauseMs: 60_000,
      },
      { target: { area: 'vn/08/02215' }, files: [] },
    )
    await until('the alert is on the board', async () => {
      const corner = await story.display?.look({ x: 4, y: 4, width: 4, height: 4 })
      return corner !== undefined && Math.abs((corner.rgb[0] ?? 0) - 0x8b) < 12 && (corner.rgb[1] ?? 255) < 12
    })
    await until(
      'all records are at the head-end',
      () => story.records().filter(({ output }) => output === 'cabinet').length >= 3,
      40_000,
    )
    await recording.stop()
    const pcm = recording.pcm()
    const sirens = findTone(pcm, { frequencyHz: 3000, fromMs: recording.msAt(start.wall) })
    t.equal(sirens.length, 1, 'the siren sounds once, in one piece')
    const heardAfterMs = recording.wallAt(sirens[0]?.startMs ?? 0) - publishedAt
    t.ok(heardAfterMs > 0 && heardAfterMs < 1_000, `heard ${heardAfterMs.toFixed(0)} ms after it was published`)
    const music = findTone(pcm, { frequencyHz: 800, fromMs: recording.msAt(start.wall - 1_000) })
    const sirenStartMs = sirens[0]?.startMs ?? 0
    const sirenEndMs = sirens[0]?.endMs ?? 0
    t.ok(
      music.some(({ endMs }) => endMs <= sirenStartMs + 50) && music.some(({ startMs }) => startMs >= sirenEndMs - 50),
      'the music before and after',
    )
    t.notOk(
      music.some(({ startMs, endMs }) => startMs < sirenEndMs - 50 && endMs > sirenStartMs + 50),
      'and never under the siren',
    )
    const musicMs = music.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
    t.ok(Math.abs(musicMs - 8_000) < 250, `the music was heard whole, in two parts: ${musicMs} ms`)
    const cabinet = story.records().filter(({ output }) => output === 'cabinet')
    t.match(cabinet, [
      { programmeId: 'music', ended: 'pre-empted', endedDetail: 'by alert alert:flood-1', offsetMs: 0 },
      { programmeId: 'alert:flood-1', ended: 'finished', trigger: { kind: 'alert' } },
      { programmeId: 'music', ended: 'finished' },
    ])
    t.equal(cabinet[2]?.offsetMs, cabinet[0]?.heardMs, 'resumed where it was interrupted')
  },
)
