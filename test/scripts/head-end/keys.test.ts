import { createPublicKey, verify } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { Delegation } from '../../../agent/protocol/downlink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { wallMs } from '../../../player/plan/time.ts'
import { makeIssuerKey, makeRootKey, readIssuerKey, readRootKey } from '../../../scripts/head-end/keys.ts'
import { signDownlink } from '../../../scripts/head-end/sign.ts'
import { runCommand, startCommand } from './command.ts'

/** By the runtime's own Ed25519, and not by the library that signed. */
const isSigned = (token: string, x: string): boolean => {
  const [header, payload, signature] = token.split('.')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(`${header!}.${payload!}`), key, Buffer.from(signature!, 'base64url'))
}
const part = (token: string, index: number): unknown =>
  JSON.parse(Buffer.from(token.split('.')[index]!, 'base64url').toString('utf8'))

const NOW = wallMs(Date.parse('2026-11-21T00:00:00Z'))
const GRANT = {
  issuer: 'xa-02215',
  area: 'vn/08/02215',
  highestPriority: 'alert' as const,
  kinds: ['schedule' as const, 'receipt' as const],
  from: NOW,
  until: wallMs(NOW + 86_400_000),
}
const secretIn = async (file: string): Promise<string> => /"d": "([\w-]{43})"/.exec(await readFile(file, 'utf8'))![1]!

test('private keys are for their owner alone, and are never overwritten', async (t) => {
  const folder = join(t.testdir(), 'keys')
  const root = await makeRootKey(folder)
  const before = await readFile(root.file, 'utf8')
  await t.rejects(makeRootKey(folder), { message: /root\.private\.json exists already and is not overwritten$/ })
  t.equal(await readFile(root.file, 'utf8'), before)
  const issuer = await makeIssuerKey(await readRootKey(root.file), GRANT, folder)
  await t.rejects(makeIssuerKey(await readRootKey(root.file), GRANT, folder), /exists already/)
  for (const file of [root.file, issuer.file]) t.equal((await stat(file)).mode & 0o777, 0o600, file)
  t.equal((await stat(folder)).mode & 0o777, 0o700)
})

test('a delegation is signed by the root, and a message by the key that it names', async (t) => {
  const folder = t.testdir()
  const root = await makeRootKey(folder)
  const issuer = await makeIssuerKey(await readRootKey(root.file), GRANT, folder)
  t.ok(isSigned(issuer.delegation, root.x))
  t.notOk(isSigned(issuer.delegation, issuer.x))
  t.same(part(issuer.delegation, 0), { alg: 'EdDSA', typ: 'loa-delegation+jws', kid: 'root' })
  t.equal(parser(Delegation)(part(issuer.delegation, 1)).kind, 'ok')
  t.match(part(issuer.delegation, 1), { issuer: 'xa-02215', key: { x: issuer.x }, until: '2026-11-22T00:00:00.000Z' })

  const key = await readIssuerKey(issuer.file)
  const draft = {
    kind: 'command' as const,
    target: { device: 'loa-1' },
    body: { action: 'report' as const },
    sequence: 5,
    issued: NOW,
    expires: wallMs(NOW + 1000),
    messageId: '9b2f5c1e-8b60-4f0a-9d6e-0f4f5d1c2b3a',
  }
  const token = await signDownlink(key, draft)
  t.ok(isSigned(token, issuer.x))
  t.same(part(token, 0), { alg: 'EdDSA', typ: 'loa+jws', kid: 'xa-02215', delegation: issuer.delegation })
  t.match(part(token, 1), { version: 1, kind: 'command', issuer: 'xa-02215', sequence: 5, target: { device: 'loa-1' } })
  const ofRoot = await signDownlink(await readRootKey(root.file), {
    ...draft,
    kind: 'revocation',
    body: { keys: [issuer.x] },
  })
  t.ok(isSigned(ofRoot, root.x))
  t.same(part(ofRoot, 0), { alg: 'EdDSA', typ: 'loa+jws', kid: 'root' }, 'the root needs no delegation')
  await t.rejects(signDownlink(key, { ...draft, sequence: 0 }), /would be refused/)
})

test('a damaged key file is told without a word of what is in it', async (t) => {
  const folder = t.testdir()
  const root = await makeRootKey(folder)
  const secret = await secretIn(root.file)
  const issuer = await makeIssuerKey(await readRootKey(root.file), GRANT, folder)
  const issuerText = await readFile(issuer.file, 'utf8')
  const damaged = async (file: string, text: string, read: () => Promise<unknown>) => {
    await writeFile(file, text)
    const error = await read().then(
      () => null,
      (fault: unknown) => fault as Error,
    )
    t.ok(error, text.slice(0, 12))
    t.notMatch(String(error?.stack), secret)
    t.notMatch(String(error?.message).replaceAll(folder, ''), /[\w-]{43}/)
  }
  await damaged(root.file, `{"kty":"OKP","d":"${secret}"`, () => readRootKey(root.file))
  await damaged(root.file, `{"kty":"OKP","crv":"Ed25519","d":"${secret}x"}`, () => readRootKey(root.file))
  const other = await makeIssuerKey(
    await readRootKey((await makeRootKey(join(folder, 'other'))).file),
    { ...GRANT, issuer: 'other' },
    folder,
  )
  await damaged(issuer.file, issuerText.replace(/"delegation": ".*"/, `"delegation": "${other.delegation}"`), () =>
    readIssuerKey(issuer.file),
  )
})

test('the command line makes keys, prints what is public, and nothing that is not', async (t) => {
  const folder = t.testdir()
  const root = await startCommand(['keys', 'root', '--out', folder]).ended
  t.equal(root.code, 0, root.err)
  const { x } = JSON.parse(await readFile(join(folder, 'root.private.json'), 'utf8')) as { x: string }
  t.match(root.out, `trust:\n  root: ${x}`)
  const asked = ['keys', 'issuer', '--issuer', 'xa-02215', '--area', 'vn/08/02215', '--priority', 'alert']
  const issuer = await startCommand([...asked, '--kinds', 'schedule,media', '--until', '2030-01-01', '--out', folder])
    .ended
  t.equal(issuer.code, 0, issuer.err)
  const key = await readIssuerKey(join(folder, 'issuer-xa-02215.private.json'))
  t.match(key.granted, { kinds: ['schedule', 'media'], highestPriority: 'alert', until: '2029-12-31T17:00:00.000Z' })
  t.match(issuer.out, key.x)
  const again = await runCommand([...asked, '--out', folder])
  t.match(again, { code: 1, out: '', err: /^headend: .*exists already and is not overwritten\n$/ })
  const files = ['root.private.json', 'issuer-xa-02215.private.json'].map((name) => join(folder, name))
  for (const secret of await Promise.all(files.map(secretIn)))
    for (const { out, err } of [root, issuer, again]) t.notMatch(out + err, secret)
})

test('what is wrong on the command line is one clear sentence and a code', async (t) => {
  const folder = t.testdir()
  const home = ['--home', folder]
  const says = async (args: string[], err: RegExp) => {
    const ran = await runCommand(args)
    t.match(ran, { code: 1, out: '', err }, args.join(' '))
    t.equal(ran.err.trim().split('\n').length, 1, 'one line')
  }
  await says(['dance'], /^headend: unknown command dance; `headend help` lists them$/m)
  await says(['keys'], /expected `keys root`, `keys issuer` or `keys speaker`/)
  await says(['keys', 'root', '--outt', 'x'], /Unknown option '--outt'/)
  await says(['publish', 'x.yaml', ...home], /--to is missing/)
  await says(['publish', 'x.yaml', '--to', 'village', ...home], /--to: found village, expected area:/)
  await says(
    ['publish', 'x.yaml', '--to', 'area:vn', ...home],
    /no key of an issuer in .*make one with `headend keys issuer`/,
  )
  await says(['run', ...home], /--area is missing/)
  await says(['report', '--day', 'today', ...home], /--day: found today, expected a date such as/)
  await says(['watch', '--area', 'vn', '--broker', 'mqtt://127.0.0.1:9', ...home], /cannot connect to the broker/)
  const dance = await startCommand(['dance']).ended
  t.match(dance, { code: 1, out: '', err: /^headend: unknown command dance; [^\n]*\n$/ }, 'as a process too')
  const help = await runCommand(['help'])
  t.match(help, { code: 0, err: '', out: /publish FILE\.yaml --to TARGET/ })
})
