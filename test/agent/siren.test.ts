import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { keepSirens, SIRENS, sirenWav } from '../../agent/siren.ts'
import { openMediaStore } from '../../drivers/database/media-store.ts'

const RATE = 48_000
const HEADER_BYTES = 44
const FRAME_BYTES = 4

const samplesOf = (wav: Buffer): Int16Array => {
  const samples = new Int16Array((wav.length - HEADER_BYTES) / FRAME_BYTES)
  for (let at = 0; at < samples.length; at += 1) samples[at] = wav.readInt16LE(HEADER_BYTES + at * FRAME_BYTES)
  return samples
}

const levelDb = (samples: Int16Array, fromMs: number, toMs: number): number => {
  const part = samples.subarray(Math.round((fromMs * RATE) / 1_000), Math.round((toMs * RATE) / 1_000))
  return 20 * Math.log10(Math.sqrt(part.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / part.length))
}

const peakDb = (samples: Int16Array): number =>
  20 * Math.log10(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 32_768)

const DURATIONS_MS = { extreme: 6_000, severe: 4_000, moderate: 2_000 }

for (const siren of SIRENS) {
  const wav = sirenWav(siren)
  const samples = samplesOf(wav)

  t.test(`${siren}: a WAV that a decoder takes, as long as it says`, async (t) => {
    const file = join(t.testdir(), 'siren.wav')
    writeFileSync(file, wav)
    const entries = 'stream=codec_name,sample_rate,channels:format=duration'
    const probe = spawnSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', file])
    t.match(JSON.parse(probe.stdout.toString()), {
      streams: [{ codec_name: 'pcm_s16le', sample_rate: '48000', channels: 2 }],
      format: { duration: (DURATIONS_MS[siren] / 1_000).toFixed(6) },
    })
  })

  t.test(`${siren}: at full level from its first milliseconds, and never above −1 dBFS`, async (t) => {
    const [first, later] = [levelDb(samples, 0, 10), levelDb(samples, 10, 60)]
    t.ok(first > -6, `the first 10 ms are at ${first.toFixed(1)} dBFS`)
    t.ok(Math.abs(first - later) < 2, `as loud as what follows, at ${later.toFixed(1)} dBFS`)
    t.ok(peakDb(samples) <= -1 && peakDb(samples) > -1.1, `peak ${peakDb(samples)}`)
  })

  t.test(`${siren}: begins and ends at rest, and clicks nowhere between`, async (t) => {
    t.ok(Math.abs(samples[0]!) < 100)
    t.ok(Math.abs(samples.at(-1)!) < 100)
    // A click is a step that the tone itself never makes; its own steepest place is where it crosses zero.
    const steps = Array.from({ length: samples.length - 1 }, (_, at) => Math.abs(samples[at + 1]! - samples[at]!))
    const usual = Math.max(...steps.slice(RATE / 10, RATE / 2))
    const most = steps.reduce((worst, step) => Math.max(worst, step), 0)
    t.ok(most <= usual * 2, `${most} is not far above ${usual}`)
    const half = 32_768 / 2
    t.ok(most < half)
  })

  t.test(`${siren}: the same bytes each time`, async (t) => {
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    t.equal(hash(sirenWav(siren)), hash(wav))
  })
}

t.test('the graver siren goes on longer, and each sounds different', async (t) => {
  const [extreme, severe, moderate] = SIRENS.map((siren) => sirenWav(siren).length)
  t.ok(extreme! > severe! && severe! > moderate!)
  const beginnings = SIRENS.map((siren) => sirenWav(siren).subarray(HEADER_BYTES, 100_000).toString('hex'))
  t.equal(new Set(beginnings).size, SIRENS.length)
})

t.test('sirens are made once in the life of a box', async (t) => {
  const file = join(t.testdir(), 'media.db')
  const open = () => openMediaStore({ file, quotaBytes: 10_000_000, onFault: (error) => t.fail(error.message) })
  const first = await open()
  const kept = await keepSirens(first.store)
  await first.store.close()
  const { store } = await open()
  t.teardown(() => store.close())
  const again = await keepSirens({
    ...store,
    originate: () => Promise.reject(new Error('made again')),
  })
  t.same([...again], [...kept])
  for (const [siren, { sha256, durationMs }] of again) {
    t.equal(durationMs, DURATIONS_MS[siren])
    t.ok((await store.read(sha256, 0, 2_000_000)) === null, 'it is not longer than it is')
    const wav = sirenWav(siren)
    t.ok((await store.read(sha256, 0, wav.length))?.equals(wav))
  }
  await store.close()
})
