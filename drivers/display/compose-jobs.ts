/** What the agent asks of the composing process, and what that answers. Parsed on both ends. */
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const Pixels = Type.Integer({ minimum: 1, maximum: 16_384 })

const SlideJob = Type.Object({
  kind: Type.Literal('slide'),
  title: Type.Union([Type.String(), Type.Null()]),
  body: Type.String(),
  colour: Type.String(),
  background: Type.String(),
  width: Pixels,
  /** Of the picture; `stripPx` more are left for the ticker under it. */
  height: Pixels,
  stripPx: Type.Integer({ minimum: 0 }),
  file: Type.String(),
})
const StillJob = Type.Object({
  kind: Type.Literal('still'),
  url: Type.String(),
  width: Pixels,
  height: Pixels,
  stripPx: Type.Integer({ minimum: 0 }),
  file: Type.String(),
})
/** A strip of raw BGRA, `screenWidth` empty pixels wide on both sides of the text. */
const TickerJob = Type.Object({
  kind: Type.Literal('ticker'),
  text: Type.String(),
  screenWidth: Pixels,
  height: Pixels,
  file: Type.String(),
})
const Job = Type.Union([SlideJob, StillJob, TickerJob])
export type SlideJob = Static<typeof SlideJob>
export type StillJob = Static<typeof StillJob>
export type TickerJob = Static<typeof TickerJob>
export type ComposeJob = Static<typeof Job>

const Composed = Type.Object({
  kind: Type.Literal('composed'),
  /** Of the file that was written. */
  width: Pixels,
  /** False if a slide has more text than fits. */
  whole: Type.Boolean(),
})
const ComposedStrip = Type.Object({ ...Composed.properties, width: Type.Integer({ minimum: 1 }) })
const Failed = Type.Object({ kind: Type.Literal('failed'), error: Type.String() })
const Result = Type.Union([ComposedStrip, Failed])
export type ComposeResult = Static<typeof Result>

const Request = Type.Object({ id: Type.Integer(), job: Job })
const Response = Type.Object({ id: Type.Integer(), result: Result })
export type ComposeRequest = Static<typeof Request>
export type ComposeResponse = Static<typeof Response>

export const parseRequest = (message: unknown): ComposeRequest | null =>
  Value.Check(Request, message) ? message : null

export const parseResponse = (message: unknown): ComposeResponse | null =>
  Value.Check(Response, message) ? message : null
