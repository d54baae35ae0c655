/** A shop's board, taken over by the commune and given back: what is on the screen, and what is on record. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { makeFlat } from '../fixtures/display-media.ts'
import { publishCommand } from '../../scripts/head-end/orders.ts'
import { registerFile } from '../../scripts/head-end/media-files.ts'
import { isNear, type Rgb } from '../fixtures/display-bench.ts'
import { COMMUNE, openStory, until, type Story } from '../fixtures/story-bench.ts'

const SHOP: Rgb = [0, 0xa0, 0x40]
const COMMUNE_RED: Rgb = [0xd0, 0x10, 0x20]

const middleOf = async ({ display }: Story): Promise<Rgb> => {
  if (display === null) throw new Error('no screen')
  const { rgb } = await display.look({ x: 600, y: 300, width: 4, height: 4 })
  return [rgb[0] ?? -1, rgb[1] ?? -1, rgb[2] ?? -1]
}

t.test('the owner’s picture, the commune’s for as long as it ordered, then the owner’s again by itself', async (t) => {
  const story = await openStory(t, { card: false })
  const stick = join(story.folder, 'stick')
  mkdirSync(stick)
  const settings = parse(readFileSync(story.settingsFile, 'utf8')) as Record<string, unknown>
  const owner = { name: 'sieu-thi-a', folders: [stick], stillSeconds: 2 }
  writeFileSync(story.settingsFile, stringify({ ...settings, owner }))
  const shows = (colour: Rgb) => async () => isNear(await middleOf(story), colour)

  story.startAgent()
  await until('the box is born', () => story.states().some(({ cause }) => cause === 'birth'))
  // The stick is plugged in while the box runs.
  writeFileSync(join(stick, 'sale.png'), await makeFlat('#00a040'))
  await until('the shop’s picture is on the screen', shows(SHOP), 60_000)

  const poster = story.file('storm.png', await makeFlat('#d01020'))
  const registered = await registerFile(join(story.folder, 'media', poster), story.headEnd().shelf)
  const { desk } = story.headEnd()
  const untilMs = Date.now() + 15_000
  const item = { content: { kind: 'still' as const, sha256: registered.sha256 }, durationMs: 60_000 }
  await publishCommand(
    desk,
    {
      action: 'mobilise',
      orderId: 'storm',
      title: 'Bão số 9',
      items: [item],
      until: new Date(untilMs).toISOString(),
    },
    { target: { area: COMMUNE }, files: [registered] },
  )
  await until('the commune’s picture is on the screen', shows(COMMUNE_RED))
  t.ok(Date.now() < untilMs, 'while the order is in force')
  await until('the shop’s picture is back by itself', shows(SHOP), 40_000)
  t.ok(Date.now() >= untilMs - 500, 'not before its end')

  await publishCommand(
    desk,
    {
      action: 'mobilise',
      orderId: 'flood',
      title: 'Lũ quét',
      items: [item],
      until: new Date(Date.now() + 3_600_000).toISOString(),
    },
    { target: { area: COMMUNE }, files: [registered] },
  )
  await until('taken over again', shows(COMMUNE_RED))
  await publishCommand(desk, { action: 'release', orderId: 'flood' }, { target: { area: COMMUNE }, files: [] })
  await until('released', shows(SHOP))

  await until('both sides are on record', () => story.records().length >= 4, 40_000)
  t.match(
    story.records().map(({ issuer, priority, trigger, ended, endedDetail, confirmedBy }) => ({
      issuer,
      priority,
      by: trigger.kind,
      ended,
      endedDetail,
      confirmedBy,
    })),
    [
      { issuer: 'sieu-thi-a', priority: 'filler', by: 'owner', ended: 'pre-empted', endedDetail: /^by mobilised/ },
      { issuer: 'commune', priority: 'mobilised', by: 'command', ended: 'finished', confirmedBy: 'display' },
      { issuer: 'sieu-thi-a', priority: 'filler', by: 'owner', ended: 'pre-empted', endedDetail: /^by mobilised/ },
      { issuer: 'commune', priority: 'mobilised', by: 'command', ended: 'stopped', endedDetail: 'withdrawn' },
    ],
  )
  const [shop, taken] = story.records()
  t.ok(shop!.heardMs > 0 && taken!.heardMs > 5_000, `shop ${shop!.heardMs} ms, commune ${taken!.heardMs} ms`)
})
