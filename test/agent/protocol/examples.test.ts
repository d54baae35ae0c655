/** The committed signed examples, judged by the same code that judges what comes from a broker. */
import { test } from 'tap'
import { parseWall } from '../../../player/plan/time.ts'
import { type Circumstances, createVerify } from '../../../agent/verify.ts'
import { exampleFiles, readJson, readText } from './files.ts'

const keys = readJson('examples/test-keys.json') as { root: { x: string } }

const circumstances = (more: Partial<Circumstances> = {}): Circumstances => ({
  listener: { device: 'loa-02215-0007', area: 'vn/08/02215/thon-5', groups: ['cho', 'nha-van-hoa'] },
  now: parseWall('2026-11-23T08:01:00+07:00'),
  trust: 'synced',
  clockFloor: parseWall('2026-11-23T08:00:00+07:00'),
  isRevoked: () => false,
  lastAccepted: () => null,
  ...more,
})

const messages = exampleFiles('.jws').filter((file) => file !== 'delegation.jws')
const verify = createVerify(keys.root.x)

test('a box takes every signed example under the published test root', async (t) => {
  for (const file of messages) {
    const judgement = await verify(Buffer.from(readText(`examples/${file}`)), circumstances())
    t.match(judgement, { kind: 'verified', duplicate: false }, file)
  }
})

test('and none of them under another root', async (t) => {
  const stranger = createVerify('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')
  for (const file of messages) {
    const judgement = await stranger(Buffer.from(readText(`examples/${file}`)), circumstances())
    t.match(judgement, { kind: 'refused' }, file)
  }
})

test('two alerts in force are both taken, whichever comes first', async (t) => {
  const seen: string[] = []
  const judgement = await verify(
    Buffer.from(readText('examples/alert.jws')),
    circumstances({
      lastAccepted: (_issuer, _kind, stream) => {
        seen.push(stream)
        return stream.endsWith('~another-alert') ? { sequence: 900, messageId: 'x' } : null
      },
    }),
  )
  t.equal(judgement.kind, 'verified')
  t.same(seen, ['area:vn/08/02215~lu-quet-2026-11-23-01'])
})
