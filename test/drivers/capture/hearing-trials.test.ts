/** The ear against streets, rooms, gains and clocks drawn at random from a fixed seed; docs/proof-of-sound.md has many more. */
import t from 'tap'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { readings } from '../../../scripts/hearing-trials/signals.ts'
import { CONDITIONS, tryOnce } from '../../../scripts/hearing-trials/trial.ts'

const TRIALS = 1

t.test('it is right about whole programmes in every street', async (t) => {
  const shelf = readings()
  const generator = xoroshiro128plus(2_026)
  const chance = () => (generator.next() >>> 0) / 2 ** 32
  for (const condition of CONDITIONS) {
    const { name, truth } = condition
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const { looks, delayMs, gainDb } = tryOnce(condition, shelf, chance)
      const heard = looks.filter(({ verdict }) => verdict === 'heard')
      const missed = looks.filter(({ verdict }) => verdict === 'not-heard')
      if (truth === 'heard') {
        t.ok(heard.length > looks.length / 2, `${name}: heard in ${heard.length} of ${looks.length}`)
        t.equal(missed.length, 0, 'and never missed')
        const [middle] = heard.slice(Math.floor(heard.length / 2))
        t.ok(Math.abs((middle?.delayMs ?? 0) - delayMs) < 2, `${name}: delay ${middle?.delayMs}, was ${delayMs}`)
        const wantedDb = gainDb + (condition.programmeDb ?? 0)
        t.ok(Math.abs((middle?.gainDb ?? 0) - wantedDb) < 4, `${name}: ${middle?.gainDb} dB, was ${wantedDb}`)
      } else {
        t.equal(heard.length, 0, `${name}: never heard`)
        if (name !== 'dead horn, downpour') t.ok(missed.length > looks.length / 2, `missed in ${missed.length}`)
        else t.equal(missed.length, 0, 'what is drowned proves nothing')
      }
    }
  }
})
