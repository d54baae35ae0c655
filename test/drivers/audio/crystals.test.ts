/** Two loudspeakers on cards whose crystals are known to be off, each its own way: what they play is kept to the sample. */
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { openSoundOutput } from '../../../drivers/audio/output.ts'
import { addMs } from '../../../player/plan/time.ts'
import type { OutputEvent } from '../../../player/ports/output.ts'
import { type CrystalCards, plugCrystalCards } from '../../../scripts/bench-parts/crystal-card.ts'
import type { Pcm } from '../../../scripts/bench-parts/tone.ts'
import { skewsOfCards } from '../../../scripts/bench/skew.ts'
import { median } from '../../../scripts/bench/statistics.ts'
import { eventually, realClock, serveSounds, wavPlayable } from '../../fixtures/sound-bench.ts'

const RATE = 48_000
const CHANNELS = 2
/** More than any crystal of a card: unsteered, they would be 5 ms apart after ten seconds. */
const PPM = 250
const PLAYED_MS = 15_000
const HELD_UP_AT_MS = 3_500
/** A card has half a second of sound at most. */
const HELD_UP_MS = 600
const SETTLED_MS = 8_000
/** A machine that is stolen from may hold any of them up again; how near they come to each other is the benchmark's to say. */
const APART_MS_MAX = 2
const NAMES = ['left', 'right'] as const

/** The same for everyone, and nowhere like itself a moment later. */
const noise = (durationMs: number): Pcm => {
  const samples = new Int16Array((durationMs * RATE * CHANNELS) / 1_000)
  let state = 1
  for (let at = 0; at < samples.length; at += CHANNELS) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const value = (state >>> 18) - 8_192
    samples.fill(value, at, at + CHANNELS)
  }
  return { samples, rate: RATE, channels: CHANNELS }
}

const open = (t: Test, cards: CrystalCards, name: string, events: OutputEvent[]) => {
  const output = openSoundOutput({
    ...{ id: name, device: name, latencyMs: 0, gainDb: 0, clock: realClock, env: cards.env },
    log: { info: () => undefined, warn: () => undefined },
    listener: (event) => events.push(event),
  })
  t.teardown(() => output.close())
  return output
}
const isEnded = (events: readonly OutputEvent[], playId: string) =>
  events.some((event) => event.kind === 'ended' && event.playId === playId)
const howEnded = (events: readonly OutputEvent[]) =>
  events.flatMap((event) => (event.kind === 'ended' ? [event.fault?.detail ?? event.how] : []))

const holdUp = async (processId: number | null): Promise<void> => {
  if (processId === null) return
  process.kill(processId, 'SIGSTOP')
  await sleep(HELD_UP_MS)
  process.kill(processId, 'SIGCONT')
}

test('two cards whose crystals are 500 ppm apart are heard as one, also after one ran dry', async (t) => {
  const cards = plugCrystalCards({ left: PPM, right: -PPM })
  const sounds = await serveSounds()
  t.teardown(async () => {
    await sounds.close()
    cards.dispose()
  })
  const events: OutputEvent[] = []
  const outputs = NAMES.map((name) => open(t, cards, name, events))
  await eventually('both are ready', () => outputs.every((output) => output.health().state === 'ready'))
  const playable = wavPlayable(sounds, 'noise.wav', noise(PLAYED_MS))
  const dueAt = addMs(realClock.wall(), 3_000)
  for (const output of outputs)
    output.play({
      ...{ playId: output.id, playable, dueAt, offsetMs: 0, lengthMs: null, gainDb: 0, levellingDb: 0 },
      whenLate: 'join',
    })
  await sleep(3_000 + HELD_UP_AT_MS)
  await holdUp(outputs[0]?.processId() ?? null)
  await eventually('that the card ran dry is told', () => (outputs[0]?.health().underruns?.count ?? 0) > 0)
  await sleep(Math.max(0, dueAt + PLAYED_MS - realClock.wall()))
  await eventually('both have ended', () => events.filter(({ kind }) => kind === 'ended').length === NAMES.length)
  t.strictSame(howEnded(events), ['finished', 'finished'])
  const skews = skewsOfCards(cards, NAMES, dueAt + SETTLED_MS, dueAt + PLAYED_MS - 200)
  const sizes = skews.flatMap((skew) => (skew === null ? [] : [Math.abs(skew)]))
  t.ok(sizes.length > skews.length / 2, 'both are heard')
  t.ok(median(sizes) < APART_MS_MAX, `they are ${median(sizes).toFixed(3)} ms apart`)

  // What they keep is placed by their own clocks: the first sound is there at its moment.
  for (const name of NAMES) {
    const before = cards.played(name, dueAt - 100, 60)
    const after = cards.played(name, dueAt + 40, 60)
    t.ok(
      before?.pcm.samples.every((sample) => sample === 0),
      `${name}: nothing is heard before`,
    )
    t.ok(
      after?.pcm.samples.some((sample) => Math.abs(sample) > 1_000),
      `${name}: and it is heard after`,
    )
  }
})

test('music is not torn for what is spoken over it at once', async (t) => {
  const cards = plugCrystalCards({ horn: 0 })
  const sounds = await serveSounds()
  t.teardown(async () => {
    await sounds.close()
    cards.dispose()
  })
  const events: OutputEvent[] = []
  const output = open(t, cards, 'horn', events)
  await eventually('it is ready', () => output.health().state === 'ready')
  const common = { offsetMs: 0, lengthMs: null, gainDb: 0, levellingDb: 0 }
  const dueAt = addMs(realClock.wall(), 3_000)
  output.play({ ...common, playId: 'music', playable: sounds.tone('m.wav', 500, 6_000, -12), dueAt, whenLate: 'join' })
  await eventually('it is heard', () => events.some(({ kind }) => kind === 'started'))
  for (const word of ['one', 'two']) {
    await sleep(1_000)
    const over = { duckDb: -20, fadeMs: 100 }
    const playable = sounds.tone(`${word}.wav`, 2_000, 1_000, -12)
    output.play({ ...common, playId: word, playable, dueAt: realClock.wall(), over })
    await eventually(`${word} has ended`, () => isEnded(events, word))
  }
  await eventually('the music has ended', () => isEnded(events, 'music'))
  t.strictSame(howEnded(events), ['finished', 'finished', 'finished'])
  await cards.reach(addMs(dueAt, 6_000))
  const runs = cards.runs('horn').map((run) => [run.fromWall - dueAt, run.untilWall - dueAt].map(Math.round))
  const heard = runs.filter(([from = 0, until = 0]) => from < 5_900 && until > 100)
  const ranDry = output.health().underruns?.count ?? 0
  // A card that the machine let run dry begins again, and is opened anew.
  t.ok(heard.length <= 1 + 2 * ranDry, `the card was never given back: ${JSON.stringify(runs)}`)
  t.ok((heard[0]?.[0] ?? Number.POSITIVE_INFINITY) <= 0 && (heard.at(-1)?.[1] ?? 0) > 5_900, 'it was heard throughout')
})
