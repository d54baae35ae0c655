import { connect } from 'node:net'
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { askAgent } from '../../../config/ask.ts'
import { deliver } from '../../../config/live/deliver.ts'
import { openControl } from '../../../drivers/control/control.ts'
import { statusSample } from '../../config/status-sample.ts'

const log = { warn: () => {} }

/** Short, because a socket's whole path has 107 bytes. */
const socketIn = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-control-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'agent.sock')
}

const say = async (socketPath: string, text: string): Promise<string> => {
  const call = connect(socketPath)
  let answer = ''
  call.on('data', (part) => (answer += part.toString()))
  call.on('error', () => {})
  call.write(text)
  await once(call, 'close')
  return answer
}

t.test('the command line gets the status that the agent tells', async (t) => {
  const socketPath = socketIn(t)
  const control = await openControl({ socketPath, status: () => statusSample(), log })
  t.teardown(control.close)
  t.strictSame(await askAgent(socketPath), { kind: 'ok', status: statusSample() })
})

t.test('only owner and group may open the socket', async (t) => {
  const socketPath = socketIn(t)
  const control = await openControl({ socketPath, status: () => ({}), log })
  t.teardown(control.close)
  t.equal(statSync(socketPath).mode & 0o777, 0o660)
})

t.test('anything but the one question is refused', async (t) => {
  const socketPath = socketIn(t)
  const control = await openControl({ socketPath, status: () => ({}), log })
  t.teardown(control.close)
  t.match(await say(socketPath, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'), /^HTTP\/1.1 404 /)
  t.match(
    await say(socketPath, 'POST /status HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello'),
    /^HTTP\/1.1 405 /,
  )
  t.match(await say(socketPath, 'nonsense\r\n\r\n'), /^HTTP\/1.1 400 /)
  t.match(await say(socketPath, `GET /status HTTP/1.1\r\nhost: ${'x'.repeat(10_000)}\r\n\r\n`), /^HTTP\/1.1 431 /)
})

t.test('who never finishes the question is cut off, and others are answered meanwhile', async (t) => {
  const socketPath = socketIn(t)
  const control = await openControl({ socketPath, status: () => statusSample(), log })
  t.teardown(control.close)
  const slow = say(socketPath, 'GET /status HTTP/1.1\r\n')
  t.match(await askAgent(socketPath), { kind: 'ok' })
  t.match(await slow, /^HTTP\/1.1 408 /)
})

t.test('a status that cannot be told is an error and leaves the agent alive', async (t) => {
  const socketPath = socketIn(t)
  const warnings: string[] = []
  const status = () => {
    throw new Error('broken')
  }
  const control = await openControl({ socketPath, status, log: { warn: (_fields, text) => warnings.push(text) } })
  t.teardown(control.close)
  t.match(await askAgent(socketPath), { kind: 'malformed', detail: 'HTTP 500' })
  t.strictSame(warnings, ['the status could not be told'])
})

t.test('a socket left behind by a killed agent is taken over', async (t) => {
  const socketPath = socketIn(t)
  const code = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => console.log('there'))`
  const dead = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(dead.stdout, 'data')
  dead.kill('SIGKILL')
  await once(dead, 'exit')
  t.ok(existsSync(socketPath), 'it was left behind')
  const control = await openControl({ socketPath, status: () => statusSample(), log })
  t.teardown(control.close)
  t.match(await askAgent(socketPath), { kind: 'ok' })
})

t.test('the socket of a living agent is left to it', async (t) => {
  const socketPath = socketIn(t)
  const first = await openControl({ socketPath, status: () => statusSample(), log })
  t.teardown(first.close)
  await t.rejects(openControl({ socketPath, status: () => ({}), log }), /another agent answers/)
  t.match(await askAgent(socketPath), { kind: 'ok' }, 'and still answers')
})

t.test('a file that is no socket is never removed', async (t) => {
  const socketPath = socketIn(t)
  writeFileSync(socketPath, 'precious')
  await t.rejects(openControl({ socketPath, status: () => ({}), log }), /another file is at/)
  t.ok(existsSync(socketPath))
})

t.test('a path that the kernel would cut, and a folder that is missing, are said', async (t) => {
  const socketPath = socketIn(t)
  await t.rejects(
    openControl({ socketPath: `${socketPath}${'x'.repeat(100)}`, status: () => ({}), log }),
    /longer than 107/,
  )
  await t.rejects(openControl({ socketPath: `${socketPath}/no/a.sock`, status: () => ({}), log }), /cannot be made/)
})

t.test('closing ends open calls and removes the socket', async (t) => {
  const socketPath = socketIn(t)
  const control = await openControl({ socketPath, status: () => ({}), log })
  const call = connect(socketPath)
  call.on('error', () => {})
  await once(call, 'connect')
  const closed = once(call, 'close')
  await control.close()
  await closed
  t.notOk(existsSync(socketPath))
  t.strictSame(await askAgent(socketPath), { kind: 'absent' })
})

t.test('the command line tells absent, silent and malformed apart', async (t) => {
  const socketPath = socketIn(t)
  t.strictSame(await askAgent(socketPath), { kind: 'absent' })
  mkdirSync(`${socketPath}.d`)
  const control = await openControl({ socketPath, status: () => ({ version: 2 }), log })
  t.teardown(control.close)
  t.match(await askAgent(socketPath), { kind: 'malformed', detail: /status/ })
})

const post = (body: string, length = Buffer.byteLength(body)) =>
  `POST /message HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`

const ACCEPTED = { outcome: 'accepted', reason: null, detail: null, lastSequence: null } as const

t.test('a message is given to the agent as it came, and its answer goes back', async (t) => {
  const socketPath = socketIn(t)
  const given: string[] = []
  const message = (token: Buffer) => {
    given.push(token.toString())
    return Promise.resolve(ACCEPTED)
  }
  const control = await openControl({ socketPath, status: () => statusSample(), message, log })
  t.teardown(control.close)
  t.same(await deliver(socketPath, 'a.b.c'), { kind: 'answered', answer: ACCEPTED })
  t.same(given, ['a.b.c'])
  t.match(await say(socketPath, 'GET /message HTTP/1.1\r\nhost: x\r\n\r\n'), /^HTTP\/1.1 405 /)
  t.match(await say(socketPath, post('')), /^HTTP\/1.1 400 /)
  t.match(await say(socketPath, post('x'.repeat(262_145))), /^HTTP\/1.1 413 /)
  t.match(await say(socketPath, post('half', 100)), /^HTTP\/1.1 408 /)
  t.equal(given.length, 1, 'none of these reached the agent')
  t.match(await askAgent(socketPath), { kind: 'ok' }, 'which still answers')
})

t.test('an agent whose loop hangs is not waited for without end, and one that fails says so', async (t) => {
  const socketPath = socketIn(t)
  const warnings: string[] = []
  const message = (token: Buffer) =>
    token.toString() === 'fail' ? Promise.reject(new Error('broken')) : new Promise<never>(() => {})
  const options = {
    socketPath,
    status: () => ({}),
    message,
    log: { warn: (_: object, text: string) => warnings.push(text) },
  }
  const control = await openControl(options)
  t.teardown(control.close)
  t.same(await deliver(socketPath, 'hang'), { kind: 'malformed', detail: 'HTTP 503' })
  t.same(await deliver(socketPath, 'fail'), { kind: 'malformed', detail: 'HTTP 500' })
  t.same(warnings, ['a message could not be given to the agent'])
})

t.test('an agent that takes no messages has no such door, and answers of another shape are not believed', async (t) => {
  const socketPath = socketIn(t)
  t.same(await deliver(socketPath, 'x'), { kind: 'absent' })
  const control = await openControl({ socketPath, status: () => ({}), log })
  t.same(await deliver(socketPath, 'x'), { kind: 'malformed', detail: 'HTTP 404' })
  await control.close()
  const odd = await openControl({ socketPath, status: () => ({}), message: () => Promise.resolve({ ok: 1 }), log })
  t.teardown(odd.close)
  t.same(await deliver(socketPath, 'x'), { kind: 'malformed', detail: 'not an answer' })
})
