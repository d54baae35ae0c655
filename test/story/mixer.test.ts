/** Somebody turns the card's own mixer down: the box puts it right, the village hears its programme, the head-end hears of it. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { askAgent } from '../../config/ask.ts'
import { levelDb } from '../../scripts/bench-parts/tone.ts'
import { openStory, until } from '../fixtures/story-bench.ts'

t.test(
  'a mixer that is turned down and muted is set back, at the start and when sound begins, and told of',
  async (t) => {
    const story = await openStory(t, { display: false })
    const { card } = story
    if (card === null) throw new Error('no bench')
    const settings: unknown = parse(readFileSync(story.settingsFile, 'utf8'))
    const mixer = { control: 'Master', levelPercent: 100 }
    const outputs = [{ name: 'cabinet', medium: 'sound', mixer }]
    writeFileSync(story.settingsFile, stringify({ ...Object(settings), outputs }))
    const pactl = (...args: string[]) => execFileSync('pactl', args, { env: card.env, encoding: 'utf8' })
    const turnDown = () => {
      pactl('set-sink-volume', 'card', '10%')
      pactl('set-sink-mute', 'card', '1')
    }
    const isRight = () =>
      pactl('get-sink-volume', 'card').includes('100%') && pactl('get-sink-mute', 'card').includes('no')
    const alarms = () =>
      story.events.flatMap((event) =>
        event.kind === 'uplink' && event.uplink.kind === 'alarm' && event.uplink.message.code === 'mixer'
          ? [event.uplink.message]
          : [],
      )

    turnDown()
    const agent = story.startAgent()
    await until('it is right from the start', isRight)
    await until('the box is born', () => story.states().some(({ cause }) => cause === 'birth'))
    t.same(alarms(), [], 'what a reboot has left is no alarm')
    const socket = join(dirname(story.settingsFile), 'run', 'agent.sock')
    const cabinetOf = async () => {
      const answer = await askAgent(socket)
      return answer.kind === 'ok' ? answer.status.outputs.find(({ id }) => id === 'cabinet') : undefined
    }
    await until('the sound process is there', async () => (await cabinetOf())?.state === 'ready')
    t.match((await cabinetOf())?.sound, {
      ...{ urgency: /^(real-time|nice|ordinary)$/, timing: null, underruns: { count: 0 } },
      mixer: { control: 'Master', wanted: '100 %', found: '100 %', fault: null },
    })

    const recording = await card.record()
    const start = story.moment(7_000)
    await story.publish([
      { id: 'tune', title: 'Nhạc hiệu', on: start.local, items: [{ sound: story.tone(1000, 20_000) }] },
    ])
    await until('it was looked at long enough ago', () => Date.now() > start.wall - 1_000)
    turnDown()
    await until('it is right again', isRight)
    const rightAt = Date.now()
    await until('the head-end knows', () => alarms().length > 0)
    t.match(alarms()[0], { state: 'raised', subject: 'cabinet', detail: /turned to 10 % and muted by somebody else/ })
    t.match((await cabinetOf())?.sound, { mixer: { fault: /by somebody else/ } }, 'and so does who asks at the box')
    await recording.reach(rightAt + 2_500)
    await recording.stop()
    const from = recording.msAt(rightAt)
    t.ok(levelDb(recording.pcm(), from + 1_000, from + 2_000) > -25, 'and the village hears it')
    t.equal(await agent.end('SIGTERM'), 0)
  },
)
