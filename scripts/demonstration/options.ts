/** What the person asked of the demo on its command line. */
import { parseArgs } from 'node:util'

export type RunOptions = {
  /** Null: until Ctrl-C, on the devices of this machine where it has them. */
  forSeconds: number | null
  out: string | null
  /** Null: a broker of the demo's own. */
  broker: string | null
}
export type WrongOption =
  | { kind: 'unknown'; detail: string }
  | { kind: 'seconds-malformed'; found: string }
  | { kind: 'seconds-too-few'; found: number }
  | { kind: 'seconds-too-many'; found: number }
  | { kind: 'broker-malformed'; found: string }
export type Options = { kind: 'run'; options: RunOptions } | { kind: 'help' } | { kind: 'wrong'; wrong: WrongOption }

/** Countdown, one round of programmes, and the last reports: less would end in mid-programme. */
export const SECONDS_MIN = 40
/** The recording is held in memory: 20 minutes are 230 MB. */
export const SECONDS_MAX = 1_200

const wrong = (value: WrongOption): Options => ({ kind: 'wrong', wrong: value })

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        for: { type: 'string' },
        out: { type: 'string' },
        broker: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    return { detail: error instanceof Error ? error.message : String(error) }
  }
}

export const readOptions = (args: readonly string[]): Options => {
  const values = parse(args)
  if ('detail' in values) return wrong({ kind: 'unknown', detail: values.detail })
  if (values.help === true) return { kind: 'help' }
  const { out = null, broker = null } = values
  const forSeconds = values.for === undefined ? null : Number(values.for)
  if (forSeconds !== null) {
    if (!/^\d+$/.test(values.for ?? '')) return wrong({ kind: 'seconds-malformed', found: values.for ?? '' })
    if (forSeconds < SECONDS_MIN) return wrong({ kind: 'seconds-too-few', found: forSeconds })
    if (forSeconds > SECONDS_MAX) return wrong({ kind: 'seconds-too-many', found: forSeconds })
  }
  if (broker !== null && !/^(mqtts?|wss?):\/\/[^\s]+$/.test(broker))
    return wrong({ kind: 'broker-malformed', found: broker })
  return { kind: 'run', options: { forSeconds, out, broker } }
}
