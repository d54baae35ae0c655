/** What the agent knows of its sound comes to whoever asks: the head-end by heartbeat, the technician by the status. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { agentStatus } from '../../agent/status.ts'
import { parseStatus, type SoundStatus } from '../../config/status.ts'
import { formatUtc, wallMs } from '../../player/plan/time.ts'
import { mediaOf, openAgentBench } from '../fixtures/agent-bench.ts'

const START = wallMs(Date.parse('2026-11-21T22:00:00Z'))
const MIXER = { control: 'PCM', device: 'hw:0', wanted: '0 dB', found: '0 dB', fault: null }

t.test(
  'gaps, timing and level are in the status and in the heartbeat, as they are when they are asked for',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'loa-sound-health-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const bench = await openAgentBench({ file: join(folder, 'state.db'), start: START, heartbeatMs: 60_000 })
    const { agent, cabinet, clock } = bench
    const broker = { connected: true, protocolVersion: 5 as const, detail: null, reconnects: 0 }
    const statusOf = () => {
      const told = agentStatus(agent.world, {
        ...{ broker, startedAt: START },
        mixerOf: (output) => (output === 'cabinet' ? MIXER : null),
      })
      const parsed = parseStatus(JSON.parse(JSON.stringify(told)))
      if (parsed.kind !== 'ok') throw new Error(parsed.detail)
      return parsed.status
    }
    const soundOf = (): SoundStatus | undefined => statusOf().outputs.find(({ id }) => id === 'cabinet')?.sound
    await bench.connect()
    t.match(soundOf(), { underruns: { count: 0, cause: null, at: null }, timing: null, urgency: null, mixer: MIXER })
    t.equal(statusOf().outputs.find(({ id }) => id === 'board')?.sound, undefined, 'a screen has no sound')
    t.strictSame(statusOf().levelling, { waiting: 0, failed: 0 })

    const content = { kind: 'sound', sha256: mediaOf(30_000) }
    await bench.deliver({
      kind: 'command',
      body: { action: 'play', title: 'Thử loa', priority: 'filler', items: [{ content, durationMs: 30_000 }] },
    })
    await bench.pass(2_000)
    const playing = cabinet.current()
    if (playing === null) throw new Error('nothing plays')
    const at = clock.wall()
    const progress = { kind: 'progress', output: 'cabinet', playId: playing.playId, heardMs: 1_000 } as const
    await bench.post({ kind: 'output', event: { ...progress, lateMs: 1.23456 } })
    await bench.pass(1_000)
    await bench.post({ kind: 'output', event: { ...progress, lateMs: null } })
    t.strictSame(soundOf()?.timing, { lateMs: 1.23, at: formatUtc(at) }, 'a card that says nothing takes nothing back')

    cabinet.runDry('the box was too busy')
    cabinet.runDry('its source gave too little')
    const gaps = { count: 2, cause: 'its source gave too little', at: formatUtc(clock.wall()) }
    t.strictSame(soundOf()?.underruns, gaps)
    await bench.pass(60_000, 1_000)
    t.match(bench.sentOf('heartbeat').at(-1), { outputs: [{ id: 'cabinet', underruns: gaps }] })

    agent.world.level.set(['cabinet'], { gainDb: -12, highestPriority: 'filler', authorityArea: 'vn' })
    t.match(statusOf().outputs[0], { gainDb: -12, sound: { trimDb: 0 } })
    await bench.stop()
  },
)
