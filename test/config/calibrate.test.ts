/** `loa calibrate` as it is typed, on a real sound daemon: what it writes, and what it refuses. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { resultOf, settingsLines, withResult } from '../../config/calibrate/result.ts'
import { loadSettings } from '../../config/load.ts'
import { withMonitors } from '../fixtures/monitors.ts'
import { cardFor, loa, settingsIn } from './calibrate-box.ts'
import { RIGHT } from './settings-file.ts'

t.test('what it measured goes into the file, and comments stay', async (t) => {
  const card = await cardFor(t)
  const file = settingsIn(card)
  writeFileSync(file, readFileSync(file, 'utf8').replace('outputs:', '# the horn on the pole\noutputs:'))
  const env = withMonitors(card, { monitor: 'card.monitor' })
  const ran = await loa(['--settings', file, '--capture', 'monitor', '--now', '--times', '2', '--write'], env)
  t.equal(ran.exitCode, 0, ran.stderr)
  t.match(ran.stdout, /Output horn \(default\), heard by monitor:/)
  const text = readFileSync(file, 'utf8')
  t.match(text, /# the horn on the pole/)
  const loaded = loadSettings(file)
  const [output] = loaded.kind === 'ok' ? loaded.settings.outputs : []
  t.match(output, { name: 'horn', capture: { device: 'monitor', toleranceDb: 10 } })
  const gainDb = output?.medium === 'sound' ? output.capture?.gainDb : undefined
  t.ok(Math.abs(gainDb ?? 99) < 6, `the monitor is as loud as what was sent: ${gainDb} dB`)
})

t.test('it refuses, with the reason, when nothing is heard', async (t) => {
  const card = await cardFor(t)
  const file = settingsIn(card)
  card.control(['load-module', 'module-null-sink', 'sink_name=elsewhere'])
  const env = withMonitors(card, { elsewhere: 'elsewhere.monitor' })
  const before = readFileSync(file, 'utf8')
  const options = ['--settings', file, '--now', '--times', '2', '--write']
  const silent = await loa([...options, '--capture', 'elsewhere'], env)
  t.equal(silent.exitCode, 1)
  t.match(silent.stderr.replaceAll(/\s+/g, ' '), /Nothing at all was captured by elsewhere\. Is the cable in the input/)
  const absent = await loa([...options, '--capture', 'nowhere'], env)
  t.equal(absent.exitCode, 1)
  t.match(absent.stderr, /Nothing could be captured: the capture source "nowhere" gives nothing/)
  t.equal(readFileSync(file, 'utf8'), before, 'and writes nothing')
})

t.test('what cannot be done is said before a sound is made', async (t) => {
  const folder = t.testdir({ 'loa.yaml': RIGHT })
  const file = join(folder, 'loa.yaml')
  const { env } = process
  for (const [args, exitCode, wanted] of [
    [['--times', '0'], 2, /--times: found “0”, expected a number from 2 to 20/],
    [['--level', '3'], 2, /--level: found “3”, expected a number from -60 to -6/],
    [['--louder'], 2, /--louder/],
    [['--output', 'bell'], 1, /There is no loudspeaker “bell” in the settings\. There are: horn/],
    [[], 1, /What shall listen\? Give --capture/],
  ] as const) {
    const ran = await loa(['--settings', file, ...args], env)
    t.equal(ran.exitCode, exitCode)
    t.match(ran.stderr, wanted)
  }
  t.match((await loa(['--help', '--lang', 'vi'], env)).stdout, /Cách dùng/)
})

t.test('several bursts make one result', async (t) => {
  const bursts = [20, 20.4, 19.9].map((delayMs) => ({ startedAt: 0, delayMs, gainDb: -12.04, confidence: 1 }))
  const result = resultOf(bursts, 3, 0)
  t.match(result, { delayMs: 20, latencyMs: 20, spreadMs: 0.5, gainDb: -12, rounds: 3 })
  t.match(resultOf(bursts, 3, 3.49), { delayMs: 10 }, 'the way through the air is not the card’s')
  t.match(resultOf(bursts, 3, 34.9), { delayMs: -80, latencyMs: 0 })
  t.equal(resultOf(bursts, 7, 0), null, 'less than half')
  t.equal(resultOf(bursts.slice(0, 1), 2, 0), null)
  if (result === null) return
  t.equal(settingsLines(result, 'hw:1'), 'latencyMs: 20\ncapture:\n  device: hw:1\n  gainDb: -12')
  const text = 'outputs:\n  - name: horn # on the pole\n    capture: { device: old, toleranceDb: 6 }\n'
  t.equal(
    withResult(text, { outputIndex: 0, capture: 'hw:1' }, result),
    'outputs:\n  - name: horn # on the pole\n    capture: { device: hw:1, toleranceDb: 6, gainDb: -12 }\n    latencyMs: 20\n',
  )
})
