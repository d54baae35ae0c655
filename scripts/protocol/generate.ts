/** Every generated file of docs/protocol by its path in that folder. Deterministic: the same code, the same bytes. */
import { DOWNLINK_KINDS } from '../../agent/protocol/downlink.ts'
import { UPLINK_KINDS } from '../../agent/protocol/uplink.ts'
import { asyncApi } from './asyncapi.ts'
import { delegationExample, downlinkExamples, type Example } from './downlink-examples.ts'
import { chainBlock, indexPage } from './index-page.ts'
import { signByRoot, signDelegation, signMessage, testKey, type TestKey } from './keys.ts'
import { fileOf, schemas } from './schemas.ts'
import { chainExample, uplinkExamples } from './uplink-examples.ts'

export const CHAIN_BEGIN = '<!-- generated: chain -->'
export const CHAIN_END = '<!-- end of generated -->'

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const published = ({ x, d }: TestKey) => ({ kty: 'OKP', crv: 'Ed25519', x, d })

/** The README is written by hand but for one block. */
const withChain = (readme: string): string => {
  const begin = readme.indexOf(CHAIN_BEGIN)
  const end = readme.indexOf(CHAIN_END)
  if (begin < 0 || end < begin) throw new Error(`README.md has lost its marks ${CHAIN_BEGIN} and ${CHAIN_END}`)
  return `${readme.slice(0, begin)}${CHAIN_BEGIN}\n\n${chainBlock(chainExample)}\n\n${readme.slice(end)}`
}

export const generate = async (readme: string): Promise<Map<string, string>> => {
  const root = testKey('root')
  const issuer = testKey('issuer')
  const delegation = await signDelegation(delegationExample, root)
  const signed = new Map<string, Example<string>[]>()
  const files = new Map<string, string>()
  const names = new Map<string, string[]>()

  for (const [name, schema] of schemas()) files.set(fileOf(name), json(schema))
  for (const kind of DOWNLINK_KINDS) {
    const tokens = await Promise.all(
      downlinkExamples[kind].map(async ({ name, summary, payload }) => ({
        name,
        summary,
        payload:
          payload.issuer === 'root'
            ? await signByRoot(payload, root)
            : await signMessage(payload, payload.issuer, delegation, issuer),
      })),
    )
    signed.set(kind, tokens)
    for (const { name, payload } of downlinkExamples[kind]) files.set(`examples/${name}.json`, json(payload))
    // Exactly the bytes of the wire, so without a line break.
    for (const { name, payload } of tokens) files.set(`examples/${name}.jws`, payload)
    names.set(
      kind,
      downlinkExamples[kind].flatMap(({ name }) => [`${name}.json`, `${name}.jws`]),
    )
  }
  for (const kind of UPLINK_KINDS) {
    for (const { name, payload } of uplinkExamples[kind]) files.set(`examples/${name}.json`, json(payload))
    names.set(
      kind,
      uplinkExamples[kind].map(({ name }) => `${name}.json`),
    )
  }
  files.set('examples/delegation.json', json(delegationExample))
  files.set('examples/delegation.jws', delegation)
  files.set('examples/test-keys.json', json({ root: published(root), issuer: published(issuer) }))
  files.set('examples/as-run-chain.json', json(chainExample))
  files.set('asyncapi.yaml', asyncApi({ uplinks: new Map(Object.entries(uplinkExamples)), downlinks: signed }))
  files.set(
    'index.md',
    indexPage((kind) => names.get(kind) ?? []),
  )
  files.set('README.md', withChain(readme))
  return files
}
