/** The schemas that the code validates with, written out as JSON Schema draft 7, which AsyncAPI 3 understands natively. */
import { type TSchema, Type } from '@sinclair/typebox'
import { Delegation, type DownlinkKind } from '../../agent/protocol/downlink.ts'
import { closed, Id } from '../../agent/protocol/fields.ts'
import { AsRunRecord, type UplinkKind } from '../../agent/protocol/uplink.ts'
import { CATALOGUE } from './catalogue.ts'

export const COMPACT_JWS_PATTERN = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$'

const CompactJws = Type.String({
  pattern: COMPACT_JWS_PATTERN,
  description: 'A JWS in compact serialisation (RFC 7515).',
})

/** The protected headers, which no other code needs as schemas: a library reads them. */
const MessageHeader = closed(
  {
    alg: Type.Literal('EdDSA'),
    typ: Type.Literal('loa+jws'),
    kid: Id,
    delegation: Type.Optional(CompactJws),
  },
  'Protected header of a downlink. kid is the issuer; the delegation is absent where the root signs by itself.',
)
const DelegationHeader = closed(
  { alg: Type.Literal('EdDSA'), typ: Type.Literal('loa-delegation+jws'), kid: Type.Literal('root') },
  'Protected header of a delegation.',
)

export type SchemaName =
  DownlinkKind | UplinkKind | 'delegation' | 'message-header' | 'delegation-header' | 'as-run-record'

export const fileOf = (name: SchemaName): string => `${name}.schema.json`

const written = (name: SchemaName, title: string, schema: TSchema): [SchemaName, object] => [
  name,
  { $schema: 'http://json-schema.org/draft-07/schema#', $id: `urn:loa:1:${name}`, title, ...schema },
]

export const schemas = (): Map<SchemaName, object> =>
  new Map([
    ...CATALOGUE.map(({ kind, title, schema }) => written(kind, title, schema)),
    written('delegation', 'Delegation', Delegation),
    written('message-header', 'Message header', MessageHeader),
    written('delegation-header', 'Delegation header', DelegationHeader),
    written('as-run-record', 'As-run record alone', AsRunRecord),
  ])
