/**
 * The contract of what powers loudspeakers: a relay on a line of the box (GPIO), an amplifier that is told and asked over
 * Modbus, or both for one amplifier. Sound never waits for it: a play is not held back by an amplifier that does not answer.
 */

/** As Modbus names its four tables. Coils and discrete inputs are single bits; only coils and holding registers can be written. */
export type RegisterKind = 'coil' | 'discrete' | 'holding' | 'input'

/** One register of the map in the settings. `value`: after scaling; null: the amplifier refused to tell, `detail` says why. */
export type RegisterValue = { name: string; value: number | null; detail: string | null }

/** Registers as they are, for a person who draws up the map. */
export type Peek = { kind: RegisterKind; address: number; count: number }
export type Peeked = { kind: 'ok'; values: number[] } | { kind: 'failed'; detail: string }

/**
 * Events come on a later turn of the event loop than the call that set them going.
 * - `switched`: the relay took it, or the amplifier confirmed it. `isOn` is always what was asked for last.
 * - `not-switched`: refused or not answered. It is tried again until it succeeds or something else is asked for, and is
 *   told for every try.
 * - `read`: one round over all registers of the map; in each round every register once, in the order of the map.
 * - `unread`: a round that the amplifier did not answer.
 */
export type AmplifierEvent =
  | { kind: 'switched'; amplifier: string; isOn: boolean }
  | { kind: 'not-switched'; amplifier: string; isOn: boolean; detail: string }
  | { kind: 'read'; amplifier: string; values: readonly RegisterValue[] }
  | { kind: 'unread'; amplifier: string; detail: string }

export type AmplifierListener = (event: AmplifierEvent) => void

/** Methods return at once and never throw. */
export interface Amplifier {
  readonly id: string
  /** False: it is only read, and has power all the time as far as anybody knows. */
  readonly canSwitch: boolean
  /** Asked again with the same, it confirms again. */
  switchTo: (isOn: boolean) => void
  /** Resolves always; `failed` where there is no line to ask over. */
  peek: (peek: Peek) => Promise<Peeked>
  /** Switches off, frees the line; resolves within a few seconds, also where nothing answers. Nothing is told any more. */
  close: () => Promise<void>
}
