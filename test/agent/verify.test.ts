import t from 'tap'
import { createVerify, type Circumstances, type Judgement } from '../../agent/verify.ts'
import { DOWNLINK_BYTES_MAX } from '../../agent/protocol/downlink.ts'
import { parseWall } from '../../player/plan/time.ts'
import { delegate, makeAuthority, makeKeys, payloadOf, REPORT, RIGHTS, signJws } from '../fixtures/authority.ts'

const NOW = parseWall('2026-11-21T00:00:00Z')

const circumstances = (rest: Partial<Circumstances> = {}): Circumstances => ({
  listener: { device: 'box-1', area: 'vn/08/02215/thon-5', groups: ['markets'] },
  now: NOW,
  trust: 'synced',
  clockFloor: parseWall('2026-11-20T00:00:00Z'),
  isRevoked: () => false,
  lastAccepted: () => null,
  ...rest,
})

const reasonOf = (judgement: Judgement): string => (judgement.kind === 'refused' ? judgement.reason : judgement.kind)

const bytes = (token: string): Buffer => Buffer.from(token, 'latin1')

t.test('a message that is right is verified, with its target and the area of its issuer', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const judgement = await verify(bytes(await authority.sign(REPORT)), circumstances())
  t.match(judgement, {
    kind: 'verified',
    stream: 'area:vn/08/02215',
    authorityArea: 'vn/08/02215',
    duplicate: false,
    message: REPORT,
  })
})

t.test('every prefix of the area, its groups and itself are heard; others are not', async (t) => {
  const authority = await makeAuthority({ area: 'vn' })
  const verify = createVerify(authority.root.x)
  const judge = async (target: unknown) =>
    reasonOf(await verify(bytes(await authority.sign({ ...REPORT, target })), circumstances()))
  for (const area of ['vn', 'vn/08', 'vn/08/02215', 'vn/08/02215/thon-5'])
    t.equal(await judge({ area }), 'verified', area)
  for (const area of ['vn/08/02215/thon-50', 'vn/08/0221', 'vn/09', 'la'])
    t.equal(await judge({ area }), 'not-its-area', area)
  t.equal(await judge({ group: 'markets', within: 'vn/08' }), 'verified')
  t.equal(await judge({ group: 'markets', within: 'vn/09' }), 'not-its-area')
  t.equal(await judge({ group: 'schools', within: 'vn/08' }), 'not-its-area')
  t.equal(await judge({ device: 'box-1' }), 'verified')
  t.equal(await judge({ device: 'box-2' }), 'not-its-area')
})

t.test('an issuer of another area reaches the box by no kind of target', async (t) => {
  const authority = await makeAuthority({ area: 'vn/08/02216' })
  const verify = createVerify(authority.root.x)
  for (const target of [
    { area: 'vn/08/02215' },
    { area: 'vn' },
    { group: 'markets', within: 'vn/08' },
    { device: 'box-1' },
  ])
    t.equal(reasonOf(await verify(bytes(await authority.sign({ ...REPORT, target })), circumstances())), 'not-its-area')
})

t.test('unknown key: no delegation, one by another root, one for another name, a revoked one', async (t) => {
  const authority = await makeAuthority()
  const stranger = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const judge = async (token: string, rest: Partial<Circumstances> = {}) =>
    reasonOf(await verify(bytes(token), circumstances(rest)))
  const header = { typ: 'loa+jws', kid: 'commune' }
  t.equal(await judge(await signJws(payloadOf(REPORT), authority.issuer, header)), 'unknown-key')
  t.equal(await judge(await stranger.sign(REPORT)), 'unknown-key')
  const other = await signJws(payloadOf(REPORT), authority.issuer, {
    ...header,
    kid: 'province',
    delegation: authority.delegation,
  })
  t.equal(await judge(other), 'unknown-key')
  const posing = await signJws(payloadOf({ ...REPORT, issuer: 'province' }), authority.issuer, {
    ...header,
    delegation: authority.delegation,
  })
  t.equal(await judge(posing), 'unknown-key')
  t.equal(await judge(await authority.sign(REPORT), { isRevoked: (x) => x === authority.issuer.x }), 'unknown-key')
})

t.test('bad signature: another key under a true delegation, or one changed byte', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const thief = await makeKeys()
  const stolen = await signJws(payloadOf(REPORT), thief, {
    typ: 'loa+jws',
    kid: 'commune',
    delegation: authority.delegation,
  })
  t.equal(reasonOf(await verify(bytes(stolen), circumstances())), 'bad-signature')
  const [head, , signature] = (await authority.sign(REPORT)).split('.')
  const changed = Buffer.from(JSON.stringify(payloadOf({ kind: 'command', body: { action: 'restart' } }))).toString(
    'base64url',
  )
  t.equal(reasonOf(await verify(bytes(`${head}.${changed}.${signature}`), circumstances())), 'bad-signature')
})

t.test('malformed: not a JWS, not ours, another algorithm, a payload that the schema refuses', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const judge = async (token: string) => reasonOf(await verify(bytes(token), circumstances()))
  for (const token of ['', 'hello', '{"kind":"command"}', 'a.b.c', '\u0000\u0001'])
    t.equal(await judge(token), 'malformed')
  const none = `${Buffer.from('{"alg":"none","typ":"loa+jws","kid":"commune"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`
  t.equal(await judge(none), 'malformed')
  t.equal(await judge(await authority.sign({ kind: 'dance', body: {} })), 'malformed')
  t.equal(await judge(await authority.sign({ kind: 'command', body: { action: 'report', extra: 1 } })), 'malformed')
  t.equal(await judge(await authority.sign({ ...REPORT, sequence: 0 })), 'malformed')
})

t.test('wrong kind, and a root that tries to do an issuer’s work', async (t) => {
  const authority = await makeAuthority({ kinds: ['schedule'] })
  const verify = createVerify(authority.root.x)
  t.equal(reasonOf(await verify(bytes(await authority.sign(REPORT)), circumstances())), 'wrong-kind')
  const byRoot = await signJws(payloadOf({ ...REPORT, issuer: 'root' }), authority.root, {
    typ: 'loa+jws',
    kid: 'root',
  })
  t.equal(reasonOf(await verify(bytes(byRoot), circumstances())), 'wrong-kind')
  const revocation = payloadOf({
    kind: 'revocation',
    issuer: 'root',
    target: { area: 'vn' },
    body: { keys: [authority.issuer.x] },
  })
  t.equal(
    reasonOf(
      await verify(bytes(await signJws(revocation, authority.root, { typ: 'loa+jws', kid: 'root' })), circumstances()),
    ),
    'verified',
  )
})

t.test('above its priority: a clerk may not raise an alert, nor slip an urgent programme in', async (t) => {
  const authority = await makeAuthority({ highestPriority: 'normal' })
  const verify = createVerify(authority.root.x)
  const item = { content: { kind: 'text', body: 'x' }, durationMs: 1000 }
  const play = (priority: string) =>
    authority.sign({ kind: 'command', body: { action: 'play', title: 'x', priority, items: [item] } })
  t.equal(reasonOf(await verify(bytes(await play('normal')), circumstances())), 'verified')
  t.equal(reasonOf(await verify(bytes(await play('priority')), circumstances())), 'above-its-priority')
  t.equal(reasonOf(await verify(bytes(await play('alert')), circumstances())), 'above-its-priority')
})

t.test('expiry: by the clock at its very millisecond; by the floor while nothing has set the clock', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const expires = '2026-11-21T00:00:00.000Z'
  const token = bytes(await authority.sign({ ...REPORT, expires }))
  const judge = async (rest: Partial<Circumstances>) => reasonOf(await verify(token, circumstances(rest)))
  t.equal(await judge({ now: parseWall('2026-11-20T23:59:59.999Z') }), 'verified')
  t.equal(await judge({ now: parseWall(expires) }), 'expired')
  const astray = { trust: 'unsynced', now: parseWall('1970-01-01T00:00:00Z') } as const
  t.equal(await judge({ ...astray, clockFloor: parseWall('2026-11-20T23:59:59.999Z') }), 'verified')
  t.equal(await judge({ ...astray, clockFloor: parseWall(expires) }), 'expired')
})

t.test('a delegation that is over, or not begun, carries nothing', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const judge = async (rights: Partial<typeof RIGHTS>, rest: Partial<Circumstances> = {}) => {
    const delegation = await delegate(authority.root, authority.issuer, rights)
    const token = await signJws(payloadOf(REPORT), authority.issuer, { typ: 'loa+jws', kid: 'commune', delegation })
    return reasonOf(await verify(bytes(token), circumstances(rest)))
  }
  t.equal(await judge({ until: '2026-11-21T00:00:00Z' }), 'expired')
  t.equal(await judge({ until: '2026-11-21T00:00:00.001Z' }), 'verified')
  t.equal(await judge({ from: '2026-11-21T00:00:00.001Z' }), 'expired')
  t.equal(
    await judge({ from: '2027-01-01T00:00:00Z' }, { trust: 'unsynced' }),
    'verified',
    'a lost clock cannot say that it is too early',
  )
})

t.test('replay: nothing at or below the last sequence; the identical message again is harmless', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const messageId = '6f1c9d52-6f0d-4f43-8a55-3d6c9a3c1d10'
  const judge = async (sequence: number, id: string = messageId) =>
    verify(
      bytes(await authority.sign({ ...REPORT, sequence, messageId: id })),
      circumstances({ lastAccepted: () => ({ sequence: 7, messageId }) }),
    )
  t.equal(reasonOf(await judge(6)), 'replayed')
  t.equal(reasonOf(await judge(7, '0b9b0b3e-7a53-4a53-9b67-0f6f1f6d8d11')), 'replayed')
  t.match(await judge(7), { kind: 'verified', duplicate: true })
  t.match(await judge(8), { kind: 'verified', duplicate: false })
})

t.test('too large is refused unread', async (t) => {
  const authority = await makeAuthority()
  const verify = createVerify(authority.root.x)
  t.equal(reasonOf(await verify(Buffer.alloc(DOWNLINK_BYTES_MAX + 1, 0x61), circumstances())), 'too-large')
  t.equal(reasonOf(await verify(Buffer.alloc(DOWNLINK_BYTES_MAX, 0x61), circumstances())), 'malformed')
})

t.test('a refusal says what it claims to be, as far as that could be read', async (t) => {
  const authority = await makeAuthority()
  const stranger = await makeAuthority()
  const verify = createVerify(authority.root.x)
  const messageId = '6f1c9d52-6f0d-4f43-8a55-3d6c9a3c1d10'
  const judgement = await verify(bytes(await stranger.sign({ ...REPORT, messageId, sequence: 5 })), circumstances())
  t.match(judgement, { claimed: { messageId, issuer: 'commune', messageKind: 'command', sequence: 5 } })
})
