/** Which file is measured when, on the real store. What the meter answers is scripted: a real one cannot be made to fail so. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { createMeasuring, type MeasureEvent } from '../../agent/measuring.ts'
import type { LoudnessRow, MeasureOutcome } from '../../agent/ports/loudness.ts'
import { openMediaStore } from '../../drivers/database/media-store.ts'
import { stoppedClock } from '../fixtures/clock.ts'
import { SOME_MORNING } from '../fixtures/output-double.ts'

const LOUDNESS = { integratedLufs: -23, truePeakDbtp: -3, rangeLu: 5 }
const MEASURED: MeasureOutcome = { kind: 'measured', loudness: LOUDNESS }
const NOBODY = { now: new Set<string>(), scheduled: new Set<string>() }

/** Goes when the stores in it are closed. */
const folderFor = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-measuring-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const openStore = async (t: Test, file: string) => {
  const { store } = await openMediaStore({
    file,
    quotaBytes: 10_000_000,
    onFault: (error) => {
      throw error
    },
  })
  t.teardown(() => store.close())
  return store
}

type Store = Awaited<ReturnType<typeof openStore>>

const keep = (store: Store, name: string, mediaType = 'audio/wav') =>
  store.originate({ bytes: Buffer.from(name), mediaType, name })

const open = (
  store: Store,
  answer: (sha256: string) => MeasureOutcome,
  version = 'one',
  { except = [], others = [], isOn = true }: { except?: string[]; others?: string[]; isOn?: boolean } = {},
) => {
  const clock = stoppedClock(SOME_MORNING)
  const asked: string[] = []
  const events: MeasureEvent[] = []
  const measuring = createMeasuring({
    isOn,
    store,
    media: { source: (sha256) => ({ url: `memory:1`, sha256, mediaType: 'audio/wav' }) },
    meter: {
      version,
      measure: ({ sha256 }) => {
        asked.push(sha256)
        return Promise.resolve(answer(sha256))
      },
    },
    except: () => new Set(except),
    others: () => others,
    clock,
    log: { info: () => undefined, warn: () => undefined },
    post: (event) => events.push(event),
  })
  /** As the loop does, until nothing more comes. */
  const run = async (needed = NOBODY) => {
    measuring.next(needed)
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const event = events.shift()
      if (event === undefined) return
      measuring.apply(event)
      measuring.next(needed)
    }
  }
  return { measuring, asked, run, clock }
}

t.test(
  'each file is measured once: what is needed now first, then what is scheduled, then the small ones',
  async (t) => {
    const store = await openStore(t, join(folderFor(t), 'media.db'))
    const [long, small, scheduled, now] = [
      await keep(store, 'a long one of no schedule'),
      await keep(store, 'small'),
      await keep(store, 'what a schedule names'),
      await keep(store, 'what an order plays now, and so on and on'),
    ]
    const { measuring, asked, run } = open(store, () => MEASURED)
    await run({ now: new Set([now]), scheduled: new Set([scheduled]) })
    t.same(asked, [now, scheduled, small, long])
    t.same(store.loudness(now), { sha256: now, version: 'one', loudness: LOUDNESS })
    measuring.look()
    await run()
    t.equal(asked.length, 4, 'and not again')
    const late = await keep(store, 'late')
    await run()
    t.equal(asked.length, 4, 'nobody has told of it')
    measuring.look()
    await run()
    t.equal(asked.at(-1), late)
  },
)

t.test('where nothing is levelled nothing is measured', async (t) => {
  const store = await openStore(t, join(folderFor(t), 'media.db'))
  await keep(store, 'news')
  const { measuring, asked, run } = open(store, () => MEASURED, 'one', { isOn: false })
  measuring.look()
  await run()
  t.same(asked, [])
})

t.test('neither pictures nor sirens are measured', async (t) => {
  const store = await openStore(t, join(folderFor(t), 'media.db'))
  await keep(store, 'poster', 'image/png')
  const siren = await keep(store, 'siren:1:extreme')
  const film = await keep(store, 'film', 'video/mp4')
  const { asked, run } = open(store, () => MEASURED, 'one', { except: [siren] })
  await run()
  t.same(asked, [film])
})

t.test('files of the owner, outside the store, come last, and are measured once as well', async (t) => {
  const store = await openStore(t, join(folderFor(t), 'media.db'))
  const news = await keep(store, 'news')
  const jingle = 'f'.repeat(64)
  const { measuring, asked, run } = open(store, () => MEASURED, 'one', { others: [jingle] })
  await run()
  t.same(asked, [news, jingle])
  measuring.look()
  await run()
  t.equal(asked.length, 2)
})

t.test('what has nothing to measure is not asked again; what failed is, at most three times', async (t) => {
  const store = await openStore(t, join(folderFor(t), 'media.db'))
  const silent = await keep(store, 'silent')
  const broken = await keep(store, 'broken one')
  const { measuring, asked, run, clock } = open(store, (sha256) =>
    sha256 === silent ? { kind: 'nothing', reason: 'it is silent' } : { kind: 'failed', error: 'killed' },
  )
  await run()
  t.same(asked, [silent, broken])
  t.same(store.loudness(silent), { sha256: silent, version: 'one', loudness: null })
  t.equal(store.loudness(broken), null)
  await run()
  t.equal(asked.length, 2, 'not at once')
  for (let minute = 0; minute < 10; minute += 1) {
    clock.advance(60_000)
    measuring.look()
    await run()
  }
  t.same(asked.slice(2), [broken, broken])
})

t.test('another way of measuring measures everything again, after a reboot; the same way nothing', async (t) => {
  const file = join(folderFor(t), 'media.db')
  const first = await openStore(t, file)
  const sha256 = await keep(first, 'news')
  await open(first, () => MEASURED).run()
  await first.close()
  const second = await openStore(t, file)
  t.same(second.loudness(sha256), { sha256, version: 'one', loudness: LOUDNESS } satisfies LoudnessRow)
  const same = open(second, () => MEASURED)
  await same.run()
  t.same(same.asked, [])
  const newer = open(second, () => ({ kind: 'measured', loudness: { ...LOUDNESS, integratedLufs: -20 } }), 'two')
  await newer.run()
  t.same(newer.asked, [sha256])
  t.match(second.loudness(sha256), { version: 'two', loudness: { integratedLufs: -20 } })
})

t.test('what was measured outlives the file: fetched again it is not measured again', async (t) => {
  const file = join(folderFor(t), 'media.db')
  const store = await openStore(t, file)
  const sha256 = await keep(store, 'news')
  await open(store, () => MEASURED).run()
  t.same(store.evict(new Set(), 20_000_000), [sha256])
  await store.close()
  const later = await openStore(t, file)
  t.equal(later.get(sha256), null)
  await keep(later, 'news')
  const { asked, run } = open(later, () => MEASURED)
  await run()
  t.same(asked, [])
  t.match(later.loudness(sha256), { loudness: LOUDNESS })
})

t.test('files of a box that knew nothing of loudness are measured after its upgrade', async (t) => {
  const file = join(folderFor(t), 'media.db')
  const before = await openStore(t, file)
  const sha256 = await keep(before, 'news')
  await before.close()
  const db = new Database(file)
  db.exec('DROP TABLE loudness; PRAGMA user_version = 1')
  db.close()
  const after = await openStore(t, file)
  t.equal(after.get(sha256)?.state, 'ready')
  const { asked, run } = open(after, () => MEASURED)
  await run()
  t.same(asked, [sha256])
  t.equal(createHash('sha256').update('news').digest('hex'), sha256)
})

t.test('how many are still to be measured is told, and how many were given up', async (t) => {
  const store = await openStore(t, join(folderFor(t), 'media.db'))
  const [good, bad, siren] = [await keep(store, 'news'), await keep(store, 'broken'), await keep(store, 'siren')]
  await keep(store, 'poster', 'image/png')
  const answer = (sha256: string): MeasureOutcome => (sha256 === bad ? { kind: 'failed', error: 'broken' } : MEASURED)
  const { measuring, run, clock } = open(store, answer, 'one', { except: [siren], others: ['f'.repeat(64)] })
  t.strictSame(measuring.backlog(), { waiting: 3, failed: 0 }, 'two of the store, one of the owner')
  for (let round = 0; round < 4; round += 1) {
    await run()
    clock.advance(60_000)
    await run()
  }
  t.not(store.loudness(good), null)
  t.strictSame(measuring.backlog(), { waiting: 0, failed: 1 })
  t.equal(open(store, () => MEASURED, 'one', { isOn: false }).measuring.backlog(), null, 'nothing is levelled here')
})

t.test('what is under way when the agent ends is called off', async (t) => {
  const store = await openStore(t, join(folderFor(t), 'media.db'))
  await keep(store, 'news')
  let signalled = false
  const measuring = createMeasuring({
    isOn: true,
    store,
    media: { source: (sha256) => ({ url: 'memory:1', sha256, mediaType: 'audio/wav' }) },
    meter: {
      version: 'one',
      measure: (_source, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            signalled = true
            resolve({ kind: 'failed', error: 'called off' })
          })
        }),
    },
    except: () => new Set(),
    others: () => [],
    clock: stoppedClock(SOME_MORNING),
    log: { info: () => undefined, warn: () => undefined },
    post: () => undefined,
  })
  measuring.next(NOBODY)
  await measuring.close()
  t.ok(signalled)
  measuring.look()
  measuring.next(NOBODY)
})
