/** A cabinet as it hangs on the pole: the agent as a process, a card, and an amplifier on a serial line. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openStory, until } from '../fixtures/story-bench.ts'
import { openSerialLine } from '../fixtures/modbus-slave.ts'

const WARM_UP_MS = 2_000
/** A timer of the event loop may fire so much before its time. */
const CLOCK_MS = 2
const COIL = 3

t.test(
  'power ahead of the programme, off after it, protections told upstream, and off when the agent ends',
  async (t) => {
    const line = await openSerialLine(t)
    const story = await openStory(t, {
      display: false,
      amplifiers: [
        {
          ...{ name: 'tang-am', warmUpSeconds: WARM_UP_MS / 1000, coolDownSeconds: 1, minimumOnSeconds: 1 },
          modbus: {
            ...{ line: line.path, pollSeconds: 0.3, power: { kind: 'coil', address: COIL } },
            readings: [
              { name: 'voltage', kind: 'holding', address: 0, scale: 0.1, unit: 'V', minimum: 22 },
              { name: 'protection', kind: 'input', address: 4, bits: [{ bit: 2, name: 'overheat' }] },
            ],
          },
        },
      ],
    })
    await line.slave.set('holding', 0, [242])
    const writes: { value: number; at: number }[] = []
    const switched = async (value: number) => {
      const seen = writes.length
      await until(`the coil holds ${value}`, () => line.slave.writes().length > seen)
      for (const { address, values } of line.slave.writes().slice(seen)) {
        t.equal(address, COIL)
        writes.push({ value: values[0] ?? -1, at: Date.now() })
      }
      t.equal(writes.at(-1)?.value, value)
    }
    const agent = story.startAgent()
    await switched(0)
    await until('the box is born', () => story.states().some(({ state }) => state === 'online'))
    const start = story.moment(6_000)
    await story.publish([{ id: 'tune', title: 'Nhạc', on: start.local, items: [{ sound: story.tone(1000, 1_500) }] }])
    await switched(1)
    const aheadMs = start.wall - (writes.at(-1)?.at ?? 0)
    t.ok(aheadMs > 0 && aheadMs <= WARM_UP_MS + CLOCK_MS, `on ${aheadMs} ms ahead of the sound`)
    await until('it is told upstream', () =>
      story
        .heartbeats()
        .some(({ amplifiers }) => amplifiers?.[0]?.power === 'on' && amplifiers[0].readings[0]?.value === 24.2),
    )
    const cli = spawnSync(
      process.execPath,
      [
        fileURLToPath(new URL('../../config/loa.js', import.meta.url)),
        'amplifier',
        '--lang',
        'en',
        '--settings',
        story.settingsFile,
      ],
      { encoding: 'utf8' },
    )
    t.match(cli.stdout, /tang-am .*voltage 24\.2 V/s)
    await switched(0)
    t.ok((writes.at(-1)?.at ?? 0) >= start.wall + 1_500, 'not before the sound was over')
    await until('the record', () => story.records().length === 1)
    t.match(story.records(), [{ programmeId: 'tune', ended: 'finished' }])

    await line.slave.set('input', 4, [4])
    const raised = () =>
      story
        .heartbeats()
        .at(-1)
        ?.faults.map(({ code, subject }) => `${code} ${subject}`) ?? []
    await until('the alarm', () => raised().includes('amplifier-fault tang-am overheat'))
    await line.slave.set('input', 4, [0])
    await until('its end', () => raised().length === 0)

    const by = spawnSync(
      process.execPath,
      [
        fileURLToPath(new URL('../../config/loa.js', import.meta.url)),
        'amplifier',
        'tang-am',
        'on',
        '--lang',
        'en',
        '--settings',
        story.settingsFile,
      ],
      { encoding: 'utf8' },
    )
    t.match(by.stdout, /switched on for 10 minutes/)
    await switched(1)
    t.equal(await agent.end('SIGTERM'), 0)
    await switched(0)
  },
)
