/**
 * `npm run hearing-trials [-- --trials N --seed N]`: how often the ear is right. Programmes, streets, gains, delays and clocks are
 * drawn at random from the seed that is printed, so that a surprise can be looked at again.
 */
import { parseArgs } from 'node:util'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { readings } from './signals.ts'
import { CONDITIONS, type Outcome, tryOnce } from './trial.ts'

const TRIALS = 40

const chanceOf = (seed: number) => {
  const generator = xoroshiro128plus(seed)
  return () => (generator.next() >>> 0) / 2 ** 32
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

const percent = (count: number, of: number): string => `${of === 0 ? '–' : ((100 * count) / of).toFixed(1)} %`

const rowOf = (name: string, outcomes: readonly Outcome[]): string => {
  const looks = outcomes.flatMap((outcome) => outcome.looks.map((look) => ({ ...look, outcome })))
  const of = (verdict: string) => looks.filter((look) => look.verdict === verdict)
  const heard = of('heard')
  const delays = heard.map((look) => Math.abs((look.delayMs ?? 0) - look.outcome.delayMs))
  const levels = heard.map((look) => Math.abs((look.gainDb ?? 0) - look.outcome.gainDb))
  const prominences = looks.map((look) => look.alike.prominence)
  const figures = [
    String(looks.length),
    percent(heard.length, looks.length),
    percent(of('not-heard').length, looks.length),
    percent(of('unsure').length, looks.length),
    [0.01, 0.5, 0.99].map((share) => quantile(prominences, share).toFixed(1)).join(' / '),
    heard.length === 0 ? '–' : [0.5, 0.95].map((share) => quantile(delays, share).toFixed(2)).join(' / '),
    heard.length === 0 ? '–' : [0.5, 0.95].map((share) => quantile(levels, share).toFixed(1)).join(' / '),
  ]
  return `| ${name} | ${figures.join(' | ')} |`
}

const main = (trials: number, seed: number) => {
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const shelf = readings()
  const chance = chanceOf(seed)
  say(`seed ${seed}, ${trials} programmes of 16 s for each condition\n`)
  say(
    '| Condition | Looks | Heard | Not heard | Unsure | Prominence p1 / p50 / p99 | Delay off, ms p50 / p95 | Level off, dB p50 / p95 |',
  )
  say('|---|---|---|---|---|---|---|---|')
  for (const condition of CONDITIONS) {
    const outcomes = Array.from({ length: trials }, () => tryOnce(condition, shelf, chance))
    say(rowOf(condition.name, outcomes))
  }
}

const { values } = parseArgs({ options: { trials: { type: 'string' }, seed: { type: 'string' } } })
main(Number(values.trials ?? TRIALS), Number(values.seed ?? Date.now() % 1_000_000))
