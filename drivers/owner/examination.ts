/** What the agent asks of the examining process, and what that answers. Parsed on both ends. */
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

export const Examined = Type.Union([
  Type.Object({
    kind: Type.Literal('playable'),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    medium: Type.Union([Type.Literal('sound'), Type.Literal('still'), Type.Literal('video')]),
    mediaType: Type.String(),
    durationMs: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  }),
  /** It will not become better by being looked at again. */
  Type.Object({ kind: Type.Literal('unplayable'), reason: Type.String() }),
  /** The stick, or the examination itself, failed. */
  Type.Object({ kind: Type.Literal('failed'), reason: Type.String() }),
])
export type Examined = Static<typeof Examined>

const Request = Type.Object({ id: Type.Integer(), path: Type.String(), bytes: Type.Integer() })
const Response = Type.Object({ id: Type.Integer(), examined: Examined })
export type ExamineRequest = Static<typeof Request>
export type ExamineResponse = Static<typeof Response>

export const parseRequest = (message: unknown): ExamineRequest | null =>
  Value.Check(Request, message) ? message : null
export const parseResponse = (message: unknown): ExamineResponse | null =>
  Value.Check(Response, message) ? message : null
