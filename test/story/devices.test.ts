/** No card, a card that goes and comes back, a screen whose player is killed: the agent lives, says so, and recovers. */
import sharp from 'sharp'
import t from 'tap'
import { findTone } from '../../scripts/bench-parts/tone.ts'
import { descendants } from '../fixtures/processes.ts'
import { openStory, until, type Story } from '../fixtures/story-bench.ts'

const outputOf = (story: Story, id: string) =>
  story
    .heartbeats()
    .at(-1)
    ?.outputs.find((output) => output.id === id)

t.test('without a sound card the agent lives and says so; when the card appears, what is due is heard', async (t) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no bench')
  await card.stopDaemon()
  const agent = story.startAgent()
  await until('the box says that it has no card', () => outputOf(story, 'cabinet')?.state === 'absent')
  t.match(outputOf(story, 'cabinet')?.fault, { code: /device/ })
  await until(
    'an alarm is raised',
    () =>
      story
        .heartbeats()
        .at(-1)
        ?.faults.some(({ code, subject }) => code === 'output-absent' && subject === 'cabinet') ?? false,
  )
  const start = story.moment(5_000)
  await story.publish([{ id: 'tune', title: 'Nhạc', on: start.local, items: [{ sound: story.tone(1000, 25_000) }] }])
  await until('it is due', () => Date.now() > start.wall + 2_000)
  t.equal(agent.child.exitCode, null, 'the agent lives')
  await card.startDaemon()
  const recording = await card.record()
  await until('the card is there', () => outputOf(story, 'cabinet')?.state === 'ready')
  await until('the record is at the head-end', () => story.records().some(({ ended }) => ended === 'finished'), 60_000)
  await recording.stop()
  const [tone] = findTone(recording.pcm(), { frequencyHz: 1000 })
  t.ok(tone !== undefined && tone.endMs - tone.startMs > 3_000, 'the rest of it was heard')
  const record = story.records().find(({ ended }) => ended === 'finished')
  t.ok((record?.offsetMs ?? 0) > 2_000, `joined at its offset, ${record?.offsetMs} ms`)
  await until('the alarm is cleared', () => story.heartbeats().at(-1)?.faults.length === 0)
})

t.test('a card that vanishes in mid-programme and returns: failed, told, and heard again', async (t) => {
  const story = await openStory(t, { display: false })
  const { card } = story
  if (card === null) throw new Error('no bench')
  const agent = story.startAgent()
  const start = story.moment(6_000)
  await story.publish([{ id: 'tune', title: 'Nhạc', on: start.local, items: [{ sound: story.tone(1000, 30_000) }] }])
  await until('it plays', () => Date.now() > start.wall + 3_000 && agent.log().includes('"msg":"started"'))
  await card.stopDaemon()
  await until('the loss is told', () => story.records().some(({ ended }) => ended === 'failed'), 40_000)
  await card.startDaemon()
  await until('it plays again', () => agent.log().split('"msg":"started"').length > 2, 40_000)
  await until('the end is told', () => story.records().some(({ ended }) => ended === 'finished'), 60_000)
  const failed = story.records().find(({ ended }) => ended === 'failed')
  t.ok(
    (failed?.heardMs ?? 0) >= 1_500 && (failed?.heardMs ?? 0) < 20_000,
    `heard until the card went: ${failed?.heardMs} ms`,
  )
  t.match(failed?.endedDetail, /device|process/)
  t.equal(agent.child.exitCode, null)
})

t.test('the player of the screen is killed: it is replaced, and what is due is shown again', async (t) => {
  const story = await openStory(t, { card: false })
  const { display } = story
  if (display === null) throw new Error('no bench')
  story.file(
    'blue.png',
    await sharp({ create: { width: 640, height: 360, channels: 3, background: '#1030c0' } })
      .png()
      .toBuffer(),
  )
  const agent = story.startAgent()
  const start = story.moment(5_000)
  await story.publish([
    { id: 'poster', title: 'Áp phích', on: start.local, items: [{ still: 'blue.png', for: '30s' }] },
  ])
  const isBlue = async () => {
    const { rgb } = await display.look({ x: 600, y: 300, width: 4, height: 4 })
    return (rgb[2] ?? 0) > 150 && (rgb[0] ?? 255) < 60
  }
  await until('the poster is on the screen', isBlue, 40_000)
  const player = descendants(agent.child.pid ?? -1).find(({ command }) => command.startsWith('mpv'))
  if (player === undefined) throw new Error('no player among the processes of the agent')
  process.kill(player.pid, 'SIGKILL')
  await until('the loss is told', () => story.records().some(({ ended }) => ended === 'failed'))
  await until('the poster is on the screen again', isBlue)
  t.ok(Date.now() < start.wall + 30_000, 'while it is still due')
  const after = descendants(agent.child.pid ?? -1).find(({ command }) => command.startsWith('mpv'))
  t.not(after?.pid, player.pid, 'by another process')
  await until('the heartbeat counts it', () => (outputOf(story, 'board')?.restarts ?? 0) >= 1)
  t.equal(agent.child.exitCode, null)
})
