import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { wallMs } from '../../../player/plan/time.ts'
import { openDatabase } from '../../../scripts/head-end/database.ts'
import { compilePlan } from '../../../scripts/head-end/plan-compile.ts'
import { sentStore } from '../../../scripts/head-end/sent-store.ts'
import { speechMs } from '../../../scripts/head-end/speech-length.ts'
import { CASES } from '../../drivers/speech/vietnamese/cases.ts'
import { espeakSpeech } from '../../fixtures/espeak.ts'

t.test('what is estimated is enough for each voice of the box, and not three times too much', async (t) => {
  const speech = await espeakSpeech()
  for (const [text] of CASES['bulletins'] ?? [])
    for (const voice of ['north', 'central', 'south'] as const) {
      const said = await speech.say({ text, language: 'vi', voice, isUrgent: false }, new AbortController().signal)
      const spokenMs = said.kind === 'spoken' ? said.durationMs : Infinity
      const estimatedMs = speechMs(text)
      t.ok(
        spokenMs <= estimatedMs && estimatedMs < 3 * spokenMs,
        `${voice}: ${spokenMs} ms, ${estimatedMs} ms estimated`,
      )
    }
})

t.test('a speech of a plan gets its time, unless its author gives one; what is wrong in it is told', async (t) => {
  const folder = t.testdir()
  const shelf = {
    folder: join(folder, 'shelf'),
    store: sentStore(openDatabase(':memory:')),
    now: () => wallMs(1_800_000_000_000),
  }
  const plan = async (item: string) => {
    const file = join(folder, 'plan.yaml')
    const head = 'schedule: xa\nvalidFrom: 2026-11-21\nvalidUntil: 2026-12-21\nprogrammes:\n'
    await writeFile(file, `${head}  - id: hop\n    title: Họp\n    at: "05:30"\n    items:\n      - ${item}\n`)
    return (await compilePlan(file, shelf)).body.programmes[0]?.items
  }
  const text = 'UBND xã họp lúc 7h30.'
  t.same(await plan(`{ speech: "${text}", voice: south }`), [
    { content: { kind: 'speech', text, voice: 'south' }, durationMs: speechMs(text) },
  ])
  t.match(await plan(`{ speech: "${text}", for: 20s }`), [{ durationMs: 20_000 }])
  await t.rejects(plan(`{ speech: "${text}", title: X }`), /only a text has a title/)
  await t.rejects(plan(`{ text: "${text}", for: 5s, voice: south }`), /only a speech has a voice/)
  await t.rejects(plan(`{ speech: "${text}", voice: west }`), /north, central and south/)
})
