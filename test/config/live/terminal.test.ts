/** A real terminal: what is typed as a passphrase is never shown, in either command. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { openControl } from '../../../drivers/control/control.ts'
import { openSpeaker } from '../../../config/live/speaker.ts'
import { makeRootKey } from '../../../scripts/head-end/keys.ts'
import { until } from '../../fixtures/until.ts'
import { statusSample } from '../status-sample.ts'
import { RIGHT } from '../settings-file.ts'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

const LOA = resolve(import.meta.dirname, '../../../config/loa.js')
const HEADEND = resolve(import.meta.dirname, '../../../scripts/head-end/main.js')
const PASSPHRASE = 'một hai ba bốn'

/** In a pseudo-terminal of `script`, which shows what a person would see. */
const typeInto = (t: Test, args: string[]) => {
  const command = [process.execPath, ...args].map((word) => `'${word}'`).join(' ')
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm' }
  delete (env as NodeJS.ProcessEnv)['NODE_OPTIONS']
  const child = spawn('script', ['-qefc', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  let seen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text))
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    seen: () => seen,
    ended,
    answer: async (question: RegExp, text: string) => {
      await until(t, `it asks ${question.source}`, () => question.test(seen))
      child.stdin.write(text)
    },
  }
}

/** A short path for the socket. */
const folderOf = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-live-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('the head-end makes a speaker file with a passphrase that nobody sees, typed twice', async (t) => {
  const folder = folderOf(t)
  await makeRootKey(join(folder, 'keys'))
  const args = [HEADEND, 'keys', 'speaker', '--home', folder, '--issuer', 'truong-thon-5', '--area', 'vn/08/02215']
  const differing = typeInto(t, args)
  await differing.answer(/Passphrase/, `${PASSPHRASE}\r`)
  await differing.answer(/Once more/, 'something else\r')
  t.equal(await differing.ended, 1)
  t.match(differing.seen(), 'the two passphrases differ')
  const short = typeInto(t, args)
  await short.answer(/Passphrase/, 'một hai\r')
  t.equal(await short.ended, 1)
  t.match(short.seen(), 'fewer than 8 characters')
  const calledOff = typeInto(t, args)
  await calledOff.answer(/Passphrase/, 'một\u0003')
  t.equal(await calledOff.ended, 1)
  t.match(calledOff.seen(), 'no passphrase was given')
  const made = typeInto(t, args)
  await made.answer(/Passphrase/, `${PASSPHRASE}x\u007f\r`)
  await made.answer(/Once more/, `${PASSPHRASE}\r`)
  t.equal(await made.ended, 0)
  t.match(made.seen(), /speaker-truong-thon-5\.jwe lets its owner speak at every box of vn\/08\/02215 until \d{4}-/)
  t.match(made.seen(), /headend revoke [\w-]{43}/)
  for (const { seen } of [differing, short, made]) t.notMatch(seen(), 'một')
  const text = await readFile(join(folder, 'keys', 'speaker-truong-thon-5.jwe'), 'utf8')
  t.match(await openSpeaker(text, PASSPHRASE), { kind: 'opened', speaker: { grant: { kinds: ['live'] } } })
  const again = typeInto(t, args)
  await again.answer(/Passphrase/, `${PASSPHRASE}\r`)
  await again.answer(/Once more/, `${PASSPHRASE}\r`)
  t.equal(await again.ended, 1)
  t.match(again.seen(), 'exists already and is not overwritten')
})

t.test('loa live asks for the passphrase without showing it, and Ctrl-C there ends it', async (t) => {
  const folder = folderOf(t)
  const settings = join(folder, 'loa.yaml')
  writeFileSync(settings, `${RIGHT}control: { socket: agent.sock }\nstate: { folder: state }\n`)
  const log = { warn: () => undefined }
  const control = await openControl({ socketPath: join(folder, 'agent.sock'), status: () => statusSample(), log })
  t.teardown(control.close)
  const speaker = join(folder, 'speaker.jwe')
  writeFileSync(speaker, 'x')
  const args = [LOA, 'live', '--settings', settings, '--speaker', speaker, '--lang', 'en']
  const typed = typeInto(t, args)
  await typed.answer(/Passphrase/, `${PASSPHRASE}\r`)
  t.equal(await typed.ended, 1)
  t.match(typed.seen().replaceAll(/\s+/g, ' '), /speaker\.jwe is not a speaker file/)
  t.notMatch(typed.seen(), 'một')
  const calledOff = typeInto(t, args)
  await calledOff.answer(/Passphrase/, 'một\u0003')
  t.equal(await calledOff.ended, 1)
  t.match(calledOff.seen(), 'No passphrase was given')
})

t.test('what is not understood points to the help of live', async (t) => {
  const help = typeInto(t, [LOA, 'live', '--help', '--lang', 'vi'])
  t.equal(await help.ended, 0)
  t.match(help.seen(), /Cách dùng: loa live \[--mic/)
  for (const wrong of [['--mik'], ['x'], ['--lang', 'fr']]) {
    const ran = typeInto(t, [LOA, 'live', ...wrong])
    t.equal(await ran.ended, 2, wrong.join(' '))
    t.match(ran.seen(), 'loa live --help')
  }
})
