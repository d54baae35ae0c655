/**
 * What the agent tells the command line of its plans: `GET /schedule?from=…&until=…` and `GET /why?at=…[&output=…]` on its local
 * socket. Times are RFC 3339 with the offset of the box. Fields that a newer agent adds are let through.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'

/** The longest stretch that is told at once. */
export const SPAN_MS_MAX = 2 * 86_400_000

/** Airings told in one answer; the rest is only counted. */
export const AIRINGS_TOLD_MAX = 2_000

/** Claims on one output that are told, besides the one that wins. */
export const LOSERS_TOLD_MAX = 50

const what = {
  occurrenceId: Type.String(),
  programmeId: Type.String(),
  title: Type.String(),
  issuer: Type.String(),
  area: Type.String({ description: 'What the issuer may speak for.' }),
  priority: Type.String(),
  trigger: Type.String({ description: 'schedule, alert, live, command or owner.' }),
}

const OutputName = Type.Object({
  id: Type.String(),
  medium: Type.Union([Type.Literal('sound'), Type.Literal('picture')]),
})

export const PlannedAiring = Type.Object({
  ...what,
  output: Type.String(),
  from: Type.String(),
  until: Type.String(),
  over: Type.Optional(Type.Boolean({ description: 'It is spoken over what else is on.' })),
})
export type PlannedAiring = Static<typeof PlannedAiring>

const told = {
  version: Type.Literal(1),
  device: Type.String(),
  timeZone: Type.String(),
  now: Type.String({ description: 'The clock of the box.' }),
  clockTrusted: Type.Boolean({ description: 'False: programmes wait until the clock may be believed.' }),
  isRecalling: Type.Boolean({ description: 'Stored schedules are still being read after a start.' }),
}

export const ScheduleAnswer = Type.Object({
  ...told,
  from: Type.String(),
  until: Type.String(),
  outputs: Type.Array(OutputName, { maxItems: 16 }),
  airings: Type.Array(PlannedAiring, { maxItems: AIRINGS_TOLD_MAX, description: 'By output, then by time.' }),
  omitted: Type.Integer({ minimum: 0, description: 'How many more there are.' }),
})
export type ScheduleAnswer = Static<typeof ScheduleAnswer>

const claim = {
  ...what,
  start: Type.String({ description: 'As the schedule or the order has it.' }),
  effectiveStart: Type.String({ description: 'On this output, with every interruption.' }),
  endsAt: Type.String(),
}

export const Winner = Type.Object(claim)
export type Winner = Static<typeof Winner>

export const Loser = Type.Object({
  ...claim,
  reason: Type.String({ description: 'The first rule by which it lost, or what keeps it from playing at all.' }),
})
export type Loser = Static<typeof Loser>

export const WhyAnswer = Type.Object({
  ...told,
  at: Type.String(),
  known: Type.Array(Type.String(), { maxItems: 16, description: 'Every output of this box.' }),
  outputs: Type.Array(
    Type.Object({
      id: Type.String(),
      medium: OutputName.properties.medium,
      winner: Type.Union([Winner, Type.Null()]),
      below: Type.Optional(Type.Object(claim, { description: 'The winner is spoken over it, and it goes on below.' })),
      isSilent: Type.Boolean({ description: 'The winner keeps the output in silence: the pause of an alert.' }),
      losers: Type.Array(Loser, { maxItems: LOSERS_TOLD_MAX, description: 'Best first.' }),
    }),
    { maxItems: 16 },
  ),
})
export type WhyAnswer = Static<typeof WhyAnswer>

export type ParsedAnswer<T> = { kind: 'ok'; answer: T } | { kind: 'malformed'; detail: string }

const parse = <S extends TSchema>(schema: S, text: string): ParsedAnswer<Static<S>> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'malformed', detail: 'not JSON' }
  }
  const ajv = new Ajv({ strict: true })
  const isRight = ajv.compile<Static<S>>(schema)
  if (isRight(value)) return { kind: 'ok', answer: value }
  return { kind: 'malformed', detail: ajv.errorsText(isRight.errors, { dataVar: 'answer' }) }
}

export const parseSchedule = (text: string): ParsedAnswer<ScheduleAnswer> => parse(ScheduleAnswer, text)
export const parseWhy = (text: string): ParsedAnswer<WhyAnswer> => parse(WhyAnswer, text)
