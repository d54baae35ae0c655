/** What every engine must do, whatever is behind it. */
import type { Test } from 'tap'
import type { Engine, Sound } from '../../../drivers/speech/engine.ts'
import { durationMsOf, readWav, type Pcm } from '../../../drivers/speech/wav.ts'

const never = new AbortController().signal

/** `text` is in a language of the engine; `slow` takes longer than a test waits, and says so by `isBusy`. */
export type EngineUnderTest = {
  name: string
  language: string
  texts: readonly [string, string]
  open: (t: Test) => Promise<Engine>
  /** One that hangs, and whether it is under way; its time is up after `timeoutMs`. */
  hanging: (t: Test, timeoutMs: number) => Promise<{ engine: Engine; begun: () => Promise<void> }>
}

const pcmOf = (sound: Sound): Pcm => {
  if (sound.kind === 'failed') throw new Error(sound.error)
  const read = readWav(sound.wav)
  if (read.kind === 'malformed') throw new Error(read.error)
  return read.pcm
}

const peakOf = ({ samples }: Pcm): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)

export const engineContract = (t: Test, { name, language, texts, open, hanging }: EngineUnderTest): void => {
  const [one, other] = texts
  t.test(`${name} speaks: as long as it says, at full level, without silence at its ends`, async (t) => {
    const sound = await (await open(t)).say(one, language, never)
    const pcm = pcmOf(sound)
    t.ok(sound.kind === 'spoken' && Math.abs(durationMsOf(pcm) - sound.durationMs) < 1)
    t.ok(durationMsOf(pcm) > 500, `${durationMsOf(pcm)} ms`)
    const peak = peakOf(pcm)
    t.ok(peak > 29_000 && peak <= 29_204, `its peak is ${peak}`)
    const isLoud = (sample: number) => Math.abs(sample) > peak * 0.005
    t.ok((pcm.samples.findIndex(isLoud) * 1_000) / pcm.rate <= 50)
  })

  t.test(`${name} says another text otherwise`, async (t) => {
    const engine = await open(t)
    const [first, second] = [await engine.say(one, language, never), await engine.say(other, language, never)]
    t.not(Buffer.compare(Buffer.from(pcmOf(first).samples.buffer), Buffer.from(pcmOf(second).samples.buffer)), 0)
  })

  t.test(`${name} says that there is nothing to say`, async (t) => {
    const engine = await open(t)
    for (const text of ['', ' \n', '...', '[[]]'])
      t.match(await engine.say(text, language, never), { kind: 'failed', error: /nothing/ }, JSON.stringify(text))
  })

  t.test(`${name} is the same engine when it is opened again`, async (t) => {
    t.equal((await open(t)).engine, (await open(t)).engine)
  })

  t.test(`${name} is called off at once`, async (t) => {
    const { engine, begun } = await hanging(t, 600_000)
    const abort = new AbortController()
    const said = engine.say(one, language, abort.signal)
    await begun()
    abort.abort()
    t.match(await said, { kind: 'failed', error: 'called off' })
    t.match(
      await engine.say(one, language, abort.signal),
      { kind: 'failed', error: 'called off' },
      'and before it began',
    )
  })

  t.test(`${name} that hangs is a failure after its time`, async (t) => {
    const { engine } = await hanging(t, 300)
    t.match(await engine.say(one, language, never), { kind: 'failed', error: /within 300 ms/ })
  })
}
