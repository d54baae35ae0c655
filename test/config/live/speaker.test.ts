/** The sealed file of an official, and the messages that it signs: judged by the very code of the box. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { CompactEncrypt } from 'jose'
import { signLive, type LiveDraft } from '../../../config/live/message.ts'
import { grantFault, openSpeaker, sealSpeaker, type Speaker } from '../../../config/live/speaker.ts'
import { createVerify } from '../../../agent/verify.ts'
import { addMs, wallMs } from '../../../player/plan/time.ts'
import { makeRootKey, makeSpeakerFile, readRootKey } from '../../../scripts/head-end/keys.ts'

const NOW = wallMs(Date.parse('2026-11-21T00:00:00Z'))
const PASSPHRASE = 'một hai ba bốn'
const BOX = { device: 'loa-1', area: 'vn/08/02215/thon-5', groups: [] }

const setUp = async (folder: string) => {
  const root = await readRootKey((await makeRootKey(folder)).file)
  const made = await makeSpeakerFile(root, {
    issuer: 'truong-thon-5',
    area: BOX.area,
    from: NOW,
    until: addMs(NOW, 86_400_000),
    passphrase: PASSPHRASE,
    file: join(folder, 'speaker.jwe'),
  })
  return { root, ...made, text: await readFile(made.file, 'utf8') }
}

const opened = async (text: string): Promise<Speaker> => {
  const result = await openSpeaker(text, PASSPHRASE)
  if (result.kind !== 'opened') throw new Error(result.kind)
  return result.speaker
}

t.test('the file opens with its passphrase alone, however the keyboard composes letters', async (t) => {
  const { text, file } = await setUp(t.testdir())
  t.match(await opened(text), { issuer: 'truong-thon-5', grant: { kinds: ['live'], highestPriority: 'live' } })
  t.match(await openSpeaker(text, PASSPHRASE.normalize('NFD')), { kind: 'opened' })
  for (const wrong of ['', 'mot hai ba bon', `${PASSPHRASE} `])
    t.same(await openSpeaker(text, wrong), { kind: 'passphrase-wrong' })
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.notMatch(text, /truong-thon|vn\/08/, 'it does not even say whose it is')
})

t.test('a file that was changed, or is another one, opens nothing', async (t) => {
  const { text } = await setUp(t.testdir())
  const parts = text.trim().split('.')
  const flip = (at: number) => parts.map((part, index) => (index === at ? `${part.slice(0, -2)}AA` : part)).join('.')
  for (const changed of [flip(1), flip(3), flip(4)])
    t.same(await openSpeaker(changed, PASSPHRASE), { kind: 'passphrase-wrong' })
  for (const other of ['', 'device: loa-1', '{}', parts.slice(0, 4).join('.')])
    t.same(await openSpeaker(other, PASSPHRASE), { kind: 'damaged' })
  const sealed = (payload: string, rounds: number) =>
    new CompactEncrypt(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM' })
      .setKeyManagementParameters({ p2c: rounds })
      .encrypt(new TextEncoder().encode(PASSPHRASE.normalize('NFC')))
  t.same(await openSpeaker(await sealed('{"version":1}', 1_000), PASSPHRASE), { kind: 'damaged' })
  t.same(
    await openSpeaker(await sealed('{}', 1_000_001), PASSPHRASE),
    { kind: 'damaged' },
    'one that would keep the box busy is not tried',
  )
})

t.test('a delegation for another issuer is not taken', async (t) => {
  const { text } = await setUp(t.testdir())
  const { delegation } = await opened(text)
  const key = { kty: 'OKP' as const, crv: 'Ed25519' as const, x: 'A'.repeat(43), d: 'A'.repeat(43) }
  const swapped = await sealSpeaker({ version: 1, issuer: 'somebody', key, delegation }, PASSPHRASE)
  t.same(await openSpeaker(swapped, PASSPHRASE), { kind: 'damaged' })
})

t.test('what the box would refuse is said before the microphone is opened', async (t) => {
  const { text } = await setUp(t.testdir())
  const { grant } = await opened(text)
  const at = (now: number, area: string = BOX.area) => grantFault(grant, { area, now })
  t.equal(at(NOW), null)
  t.equal(at(NOW, `${BOX.area}/xom-1`), null)
  t.match(at(NOW - 1), { kind: 'speaker-early' })
  t.match(at(NOW + 86_400_000), { kind: 'speaker-ended' })
  t.match(at(NOW, 'vn/08/02215/thon-55'), { kind: 'speaker-elsewhere' })
  t.match(grantFault({ ...grant, kinds: ['alert'] }, { area: BOX.area, now: NOW }), { kind: 'speaker-mute' })
})

t.test('what it signs is obeyed by a box that pinned the root, and by no other', async (t) => {
  const { text, root } = await setUp(t.testdir())
  const speaker = await opened(text)
  const judge = async (draft: Partial<LiveDraft> & Pick<LiveDraft, 'body'>, last: number | null = null) => {
    const { token } = await signLive(speaker, {
      device: BOX.device,
      messageId: '9b2f5c1e-8b60-4f0a-9d6e-0f4f5d1c2b3a',
      at: NOW,
      after: 0,
      ...draft,
    })
    return createVerify(root.x)(Buffer.from(token), {
      listener: BOX,
      now: NOW,
      trust: 'synced',
      clockFloor: wallMs(0),
      isRevoked: () => false,
      lastAccepted: () => (last === null ? null : { sequence: last, messageId: 'x' }),
    })
  }
  const start = {
    action: 'start' as const,
    liveId: 'noi-1',
    title: 'Trưởng thôn',
    source: { url: 'http://127.0.0.1:1234/live/x.mp3' },
    maxMs: 60_000,
    goneMs: 10_000,
  }
  t.match(await judge({ body: { ...start, outputs: ['horn'] } }), {
    kind: 'verified',
    message: { kind: 'live', issuer: 'truong-thon-5', sequence: NOW, body: { liveId: 'noi-1' } },
  })
  t.match(await judge({ body: { action: 'stop', liveId: 'noi-1' }, after: NOW }), {
    kind: 'verified',
    message: { sequence: NOW + 1 },
  })
  t.match(await judge({ body: start }, NOW), { kind: 'refused', reason: 'replayed', lastSequence: NOW })
  t.match(await judge({ body: start, device: 'loa-2' }), { kind: 'refused', reason: 'not-its-area' })
})
