/** In 2016 strangers spoke through an airport's loudspeakers. Each way to try it here makes no sound, and is told upstream. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { DOWNLINK_BYTES_MAX } from '../../agent/protocol/downlink.ts'
import { REFUSAL_REASONS, type RefusalReason } from '../../agent/protocol/uplink.ts'
import { publishCommand } from '../../scripts/head-end/orders.ts'
import { levelDb } from '../../scripts/bench-parts/tone.ts'
import { delegate, makeKeys, payloadOf, signJws, type IssuerRights, type Keys } from '../fixtures/authority.ts'
import { capOf, infoOf } from '../fixtures/cap.ts'
import { COMMUNE, DEVICE, openStory, until, type Story } from '../fixtures/story-bench.ts'

const EXPIRES = new Date(Date.now() + 3_600_000).toISOString()

/** A forgery that would sound if it were believed: the siren, at once. */
const alertBody = () => {
  const alertId = `forged-${randomUUID().slice(0, 8)}`
  const cap = capOf(Date.now() - 1_000, { identifier: alertId, sender: 'stranger', _info: infoOf() })
  return { alertId, cap }
}

type Forge = (parts?: Record<string, unknown>, header?: Record<string, unknown>, signer?: Keys) => Promise<string>

const forgeries = async (story: Story): Promise<Record<RefusalReason, { messageId: string | null; token: string }>> => {
  const root: Keys = { privateKey: story.root.key, x: story.root.x }
  const issuer: Keys = { privateKey: story.issuer.key, x: story.issuer.x }
  const stranger = await makeKeys()
  const make = async (forge: (make: Forge) => Promise<string>) => {
    const messageId = randomUUID()
    const token = await forge((parts = {}, header = {}, signer = issuer) => {
      const payload = payloadOf({
        kind: 'alert',
        body: alertBody(),
        target: { area: COMMUNE },
        expires: EXPIRES,
        sequence: Date.now(),
        messageId,
        ...parts,
      })
      return signJws(payload, signer, {
        typ: 'loa+jws',
        kid: 'commune',
        delegation: story.issuer.delegation,
        ...header,
      })
    })
    return { messageId, token }
  }
  const lesser = async (rights: Partial<IssuerRights>): Promise<{ delegation: string }> => {
    const until = new Date(Date.now() + 86_400_000).toISOString()
    return { delegation: await delegate(root, issuer, { until, ...rights }) }
  }
  return {
    'too-large': { messageId: null, token: 'a'.repeat(DOWNLINK_BYTES_MAX + 1) },
    malformed: await make((forge) => forge({ body: { sing: true } })),
    'unknown-key': await make(async (forge) => forge({}, { delegation: await delegate(stranger, stranger) }, stranger)),
    'bad-signature': await make((forge) => forge({}, {}, stranger)),
    'not-its-area': await make(async (forge) => forge({}, await lesser({ area: 'vn/08/02216' }))),
    'wrong-kind': await make(async (forge) => forge({}, await lesser({ kinds: ['schedule'] }))),
    'above-its-priority': await make(async (forge) => forge({}, await lesser({ highestPriority: 'normal' }))),
    expired: await make((forge) => forge({ expires: new Date(Date.now() - 1).toISOString() })),
    replayed: await make((forge) =>
      forge({ kind: 'command', body: { action: 'report' }, target: { device: DEVICE }, sequence: 1 }),
    ),
  }
}

t.test('a message forged in each of the nine ways makes no sound, and its refusal arrives upstream', async (t) => {
  const story = await openStory(t, { display: false })
  const recording = await story.card?.record()
  const agent = story.startAgent()
  await until('the box is born', () => story.states().some(({ cause }) => cause === 'birth'))
  const { desk, store } = story.headEnd()
  // A true command first, so that the replay has something to come after.
  await publishCommand(desk, { action: 'report' }, { target: { device: DEVICE }, files: [] })
  await until('the true command was obeyed', () =>
    story.acknowledgements().some(({ kind, outcome }) => kind === 'command' && outcome === 'current'),
  )
  const forged = await forgeries(story)
  t.same(Object.keys(forged).sort(), [...REFUSAL_REASONS].sort(), 'all nine')
  for (const { token } of Object.values(forged))
    await desk.line.publish(`loa/1/down/alert/commune/area/${COMMUNE}`, token, { retain: false })
  const refusals = () => story.acknowledgements().filter(({ outcome }) => outcome === 'refused')
  await until('nine refusals are at the head-end', () => refusals().length >= 9, 60_000)
  for (const reason of REFUSAL_REASONS) {
    const refusal = refusals().find((candidate) => candidate.reason === reason)
    t.equal(refusal?.messageId ?? null, forged[reason].messageId, `${reason}: ${refusal?.detail ?? 'no refusal'}`)
  }
  t.equal(refusals().length, 9, 'one each')
  t.equal(store.records().length, 0, 'nothing was played')
  t.equal(agent.child.exitCode, null, 'the agent lives')
  await recording?.reach(Date.now())
  await recording?.stop()
  const pcm = recording?.pcm()
  if (recording === undefined || pcm === undefined) throw new Error('no recording')
  t.ok(levelDb(pcm, 0, (recording.frames() * 1000) / pcm.rate) < -90, 'and the card was silent all along')
})
