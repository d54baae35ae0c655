/** The newcomer's first command, run as it stands, and judged apart from its own judgement. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { verifyChain } from '../../../agent/protocol/chain.ts'
import { AsRunRecord, HeartbeatMessage } from '../../../agent/protocol/uplink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { descendants } from '../../fixtures/processes.ts'

const DEMO = fileURLToPath(new URL('../../../../scripts/demo', import.meta.url))

type Ended = { code: number | null; said: string }

/** `watch` sees what was said so far, each time something more is. */
const runDemo = (
  t: Test,
  args: string[],
  watch: (said: string, pid: number) => void = () => undefined,
): Promise<Ended> => {
  const env: NodeJS.ProcessEnv = { ...process.env, LANG: 'en_US.UTF-8', NO_COLOR: '1' }
  delete env['NODE_OPTIONS']
  delete env['LC_ALL']
  const child = spawn(DEMO, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGTERM'))
  let said = ''
  const hear = (chunk: Buffer) => {
    said += chunk.toString('utf8')
    watch(said, child.pid ?? -1)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })))
}

const linesOf = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

t.test('the unattended demo leaves its evidence, and the evidence is true', async (t) => {
  const out = `${t.testdir()}/out`
  const { code, said } = await runDemo(t, ['--for', '45', '--out', out])
  t.equal(code, 0, said.slice(-3_000))

  const parse = parser(AsRunRecord)
  const records = linesOf(`${out}/asrun.jsonl`).map((line) => {
    const parsed = parse(line)
    if (parsed.kind === 'malformed') throw new Error(parsed.detail)
    return parsed.value
  })
  const brief = records.map(({ output, contentKind, ended }) => `${output} ${contentKind} ${ended}`).sort()
  t.same(brief, [
    'board still finished',
    'board text finished',
    'board video finished',
    'cabinet sound finished',
    'cabinet sound finished',
    'cabinet sound pre-empted',
  ])
  t.equal(verifyChain(records).kind, 'whole', 'the chain of hashes holds')
  const cabinet = records.filter(({ output }) => output === 'cabinet')
  const cut = cabinet.find(({ ended }) => ended === 'pre-empted')
  const rest = cabinet.find(({ programmeId, ended }) => programmeId === cut?.programmeId && ended === 'finished')
  t.ok(Math.abs((rest?.offsetMs ?? 0) - (cut?.heardMs ?? -1_000)) < 300, 'what was interrupted went on where it was')

  const heartbeat = parser(HeartbeatMessage)
  const beats = linesOf(`${out}/heartbeat.jsonl`)
  t.ok(beats.length > 5)
  for (const beat of beats) t.equal(heartbeat(beat).kind, 'ok')

  const { stdout } = await promisify(execFile)('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'csv=p=0',
    `${out}/sound.wav`,
  ])
  t.ok(Number(stdout) > 25, `${stdout.trim()} s of sound`)
  const { width, height } = await sharp(`${out}/board.png`).metadata()
  t.same({ width, height }, { width: 1280, height: 720 })
  t.match(JSON.parse(readFileSync(`${out}/schedule.json`, 'utf8')), {
    programmes: [{ starts: [/^\d{4}-\d\d-\d\dT/] }, {}, {}],
  })
})

t.test('a demo whose box dies on air does not say that all was well', async (t) => {
  const out = `${t.testdir()}/out`
  let killed = 0
  const { code, said } = await runDemo(t, ['--for', '40', '--out', out], (soFar, pid) => {
    if (killed !== 0 || !/▶ plays {2,}/.test(soFar)) return
    const agent = descendants(pid).find(({ pid: candidate }) => {
      const line = `/proc/${candidate}/cmdline`
      return existsSync(line) && readFileSync(line, 'utf8').includes('agent/main.js')
    })
    if (agent === undefined) return
    killed = agent.pid
    process.kill(agent.pid, 'SIGKILL')
  })
  t.not(killed, 0, 'the box was found and killed')
  t.not(code, 0, said.slice(-2_000))
})

t.test('what cannot be done is said in a sentence', async (t) => {
  const tooShort = await runDemo(t, ['--for', '5', '--out', `${t.testdir()}/out`])
  t.not(tooShort.code, 0)
  t.match(tooShort.said, /40/)
  const unknown = await runDemo(t, ['--sing'])
  t.not(unknown.code, 0)
  t.match(unknown.said, /sing/)
})
