/** Cards of other rates than 48 kHz: the parts of the engine, laid out by each (on a card itself: card-rate.test.ts). */
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { rateIn, rateVariable, RATES_HZ, USUAL_RATE_HZ } from '../../../drivers/audio/rate.ts'

test('a process is told its rate; one that it cannot be laid out by is refused', (t) => {
  for (const rateHz of RATES_HZ) t.equal(rateIn(rateVariable(rateHz)), rateHz)
  t.equal(rateIn({}), USUAL_RATE_HZ)
  for (const text of ['', '0', '22050', '48000.5', '48 kHz', '-48000'])
    t.throws(() => rateIn({ LOA_SOUND_RATE_HZ: text }), /no rate of a card/, text)
  t.end()
})

/** What takes longest only at the rate that divides least evenly. */
const PARTS = {
  32_000: ['engine-parts', 'tap'],
  44_100: ['engine-parts', 'tap', 'card-clock', 'rider'],
  96_000: ['engine-parts', 'tap'],
}

/** The rate of a process is fixed as it starts, so each has its own. Those tests themselves name no rate. */
for (const [rateHz, parts] of Object.entries(PARTS))
  for (const part of parts)
    test(`${part} at ${rateHz} Hz`, async (t) => {
      const file = fileURLToPath(new URL(`./${part}.test.js`, import.meta.url))
      const env = { ...process.env, ...rateVariable(rateIn({ LOA_SOUND_RATE_HZ: rateHz })) }
      await t.spawn(process.execPath, [file], { env }, part)
    })
