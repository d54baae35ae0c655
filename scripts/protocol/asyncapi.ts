/** The AsyncAPI 3 document: a box, what it receives and what it sends. Schemas stay in files of their own. */
import { stringify } from 'yaml'
import type { Example } from './downlink-examples.ts'
import { CATALOGUE, type Entry } from './catalogue.ts'
import { AREA, BOX_AREA, DEVICE, ISSUER } from './example-names.ts'
import { COMPACT_JWS_PATTERN, fileOf } from './schemas.ts'

export type AsyncApiInput = {
  /** Payload examples of each uplink, by kind. */
  uplinks: ReadonlyMap<string, Example<object>[]>
  /** Signed examples of each downlink, by kind: payload is the compact JWS. */
  downlinks: ReadonlyMap<string, Example<string>[]>
}

const PARAMETERS = {
  issuer: { description: 'Id of the key that signs, as in its delegation; root for revocations.', examples: [ISSUER] },
  target: {
    description:
      'Who it is for: area/<path>, group/<group>/<path> or device/<device>. An area path has 1 to 10 levels, so this parameter spans several levels of the topic.',
    examples: [`area/${AREA}`, `group/nha-van-hoa/${AREA}`, `device/${DEVICE}`],
  },
  alertId: {
    description: 'The alertId of the body: a broker retains one message per topic.',
    examples: ['lu-quet-01'],
  },
  device: { description: 'The public identity of the box.', examples: [DEVICE] },
  area: { description: 'Where the box hangs, 1 to 10 levels of the topic.', examples: [BOX_AREA] },
} as const

const parametersOf = (address: string) =>
  Object.fromEntries(Object.entries(PARAMETERS).filter(([name]) => address.includes(`{${name}}`)))

const examplesOf = (examples: Example<unknown>[] | undefined) => ({
  examples: (examples ?? []).map(({ name, summary, payload }) => ({ name, summary, payload })),
})

const description = ({ when, retained, bytesMax }: Entry): string =>
  `Sent ${when}. ${retained ? 'Retained' : 'Not retained'}; at most ${bytesMax} bytes.`

const message = (entry: Entry, input: AsyncApiInput) => {
  const common = {
    name: entry.kind,
    title: entry.title,
    summary: entry.schema.description,
    description: description(entry),
  }
  const schema = { $ref: `./${fileOf(entry.kind)}` }
  return entry.direction === 'up'
    ? { ...common, contentType: 'application/json', payload: schema, ...examplesOf(input.uplinks.get(entry.kind)) }
    : {
        ...common,
        contentType: 'application/jose',
        payload: {
          type: 'string',
          maxLength: entry.bytesMax,
          pattern: COMPACT_JWS_PATTERN,
          description: `A compact JWS (alg EdDSA). What it signs is described by x-signed-payload, its header by ${fileOf('message-header')}.`,
        },
        'x-signed-payload': schema,
        ...examplesOf(input.downlinks.get(entry.kind)),
      }
}

const byKind = <T>(entries: Entry[], make: (entry: Entry) => T): Record<string, T> =>
  Object.fromEntries(entries.map((entry) => [entry.kind, make(entry)]))

const channel = (entry: Entry) => ({
  address: entry.address,
  title: entry.title,
  description: description(entry),
  parameters: parametersOf(entry.address),
  messages: { [entry.kind]: { $ref: `#/components/messages/${entry.kind}` } },
})

const operation = (entry: Entry): [string, object] => {
  const verb = entry.direction === 'down' ? 'receive' : 'send'
  return [
    `${verb}-${entry.kind}`,
    {
      action: verb,
      title: `${verb === 'receive' ? 'Receive' : 'Send'} ${entry.kind}`,
      summary: entry.schema.description,
      channel: { $ref: `#/channels/${entry.kind}` },
      messages: [{ $ref: `#/channels/${entry.kind}/messages/${entry.kind}` }],
      bindings: { mqtt: { qos: entry.qos, retain: entry.retained, bindingVersion: '0.2.0' } },
    },
  ]
}

const documentOf = (input: AsyncApiInput) => ({
  asyncapi: '3.0.0',
  id: 'urn:loa:1',
  info: {
    title: 'Loa',
    version: '1.0.0',
    description:
      'How a public loudspeaker cabinet or board talks with the source information system, seen from the box: it receives what is signed for it and sends what it did. README.md beside this file explains envelope, delegation, order of the checks, sequence, receipts and the chain of records.',
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    tags: [{ name: 'public-address', description: 'Truyền thanh cơ sở' }],
  },
  defaultContentType: 'application/json',
  servers: {
    broker: {
      host: 'broker.example.vn:8883',
      protocol: 'mqtts',
      protocolVersion: '5',
      title: 'The broker of a province or a commune',
      description: 'MQTT 5, or 3.1.1 where the broker has no more. The box authenticates with a client certificate.',
      security: [{ $ref: '#/components/securitySchemes/clientCertificate' }],
      bindings: {
        mqtt: {
          clientId: DEVICE,
          cleanSession: false,
          lastWill: { topic: `loa/1/up/state/${DEVICE}/${BOX_AREA}`, qos: 1, message: 'see state-will', retain: true },
          keepAlive: 30,
          sessionExpiryInterval: 86_400,
          bindingVersion: '0.2.0',
        },
      },
    },
  },
  channels: byKind(CATALOGUE, channel),
  operations: Object.fromEntries(CATALOGUE.map(operation)),
  components: {
    messages: byKind(CATALOGUE, (entry) => message(entry, input)),
    securitySchemes: { clientCertificate: { type: 'X509', description: 'A certificate of its own for each box.' } },
  },
})

export const asyncApi = (input: AsyncApiInput): string =>
  `# Generated by scripts/protocol from agent/protocol. Do not edit.\n${stringify(documentOf(input), { lineWidth: 0, aliasDuplicateObjects: false })}`
