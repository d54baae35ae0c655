/**
 * `GET /amplifier?name=…&do=on|off|read…` on the local socket: on for a while, no longer, or what registers hold. Nobody
 * can make a sound by it, nor keep one from sounding.
 */
import type { AmplifierAnswer } from '../../config/status.ts'
import type { RegisterKind } from '../ports/amplifier.ts'
import type { Amplifiers } from './amplifiers.ts'
import { HAND_MS } from './amplifiers.ts'

/** What one frame of Modbus can carry, and what fits on a page. */
const COUNT_MAX = 64
const ADDRESS_MAX = 65_535

const KINDS: readonly RegisterKind[] = ['coil', 'discrete', 'holding', 'input']

export type ToldAmplifier = { kind: 'ok'; value: AmplifierAnswer } | { kind: 'wrong'; error: string }

const wholeIn = (text: string | null, maximum: number): number | null =>
  text !== null && /^\d{1,5}$/.test(text) && Number(text) <= maximum ? Number(text) : null

const NOTHING: AmplifierAnswer = { outcome: 'done', detail: null, values: null, minutes: null }

/** `changed`: the plan has to be looked at again. */
export const tellAmplifier = async (
  { amplifiers, changed }: { amplifiers: Amplifiers; changed: () => void },
  query: URLSearchParams,
): Promise<ToldAmplifier> => {
  const name = query.get('name') ?? ''
  const found = amplifiers.report().find(({ id }) => id === name)
  if (found === undefined) return { kind: 'ok', value: { ...NOTHING, outcome: 'unknown-amplifier' } }
  const order = query.get('do')
  if (order === 'on' || order === 'off') {
    if (!amplifiers.byHand(name, order === 'on')) return { kind: 'ok', value: { ...NOTHING, outcome: 'cannot-switch' } }
    changed()
    return { kind: 'ok', value: { ...NOTHING, minutes: order === 'on' ? HAND_MS / 60_000 : null } }
  }
  const kind = KINDS.find((one) => one === query.get('kind'))
  const address = wholeIn(query.get('address'), ADDRESS_MAX)
  const count = wholeIn(query.get('count') ?? '1', COUNT_MAX)
  if (order !== 'read' || kind === undefined || address === null || count === null || count === 0)
    return { kind: 'wrong', error: `do is on, off or read; kind, address and count (1 to ${COUNT_MAX}) say what` }
  const peeked = await amplifiers.peek(name, { kind, address, count })
  return peeked.kind === 'ok'
    ? { kind: 'ok', value: { ...NOTHING, values: peeked.values } }
    : { kind: 'ok', value: { ...NOTHING, outcome: 'failed', detail: peeked.detail } }
}
