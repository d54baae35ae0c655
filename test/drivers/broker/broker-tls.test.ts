import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { brokerFor } from '../../fixtures/broker.ts'
import { mosquittoFor, openBox, until } from './parts.ts'

const openssl = (folder: string, ...args: string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile('openssl', args, { cwd: folder }, (error, _out, errors) => {
      if (error === null) resolve()
      else reject(new Error(`openssl ${args.join(' ')}: ${errors}`))
    })
  })

/** Makes `<name>.pem` and `<name>.key`, signed by `<authority>`, valid from `days` ago for one hundred days. */
const authority = (folder: string, name: string) =>
  openssl(
    folder,
    ...`req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 100 -keyout ${name}.key -out ${name}.pem -subj /CN=${name}`.split(
      ' ',
    ),
  )

const certificate = async (folder: string, options: { name: string; by: string; san: string; expired?: boolean }) => {
  const { name, by, san, expired = false } = options
  await openssl(
    folder,
    ...`req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`.split(
      ' ',
    ),
  )
  const dates = expired ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'] : ['-days', '100']
  await writeFile(
    join(folder, `${name}.cnf`),
    `[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=${folder}\ndatabase=${folder}/${name}.db\nrand_serial=yes\npolicy=p\ndefault_md=sha256\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=${san}\n`,
  )
  await writeFile(join(folder, `${name}.db`), '')
  await openssl(
    folder,
    ...`ca -batch -notext -config ${name}.cnf -extensions e -cert ${by}.pem -keyfile ${by}.key -in ${name}.csr -out ${name}.pem`.split(
      ' ',
    ),
    ...dates,
  )
}

const pki = async (t: Test) => {
  const folder = await mkdtemp(join(tmpdir(), 'loa-tls-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await Promise.all([authority(folder, 'ours'), authority(folder, 'other')])
  const read = (file: string) => readFile(join(folder, file))
  return { folder, read }
}

const broker = async (t: Test, folder: string, name: string, lines: string[] = []) => {
  const mosquitto = await mosquittoFor(t, [`certfile ${folder}/${name}.pem`, `keyfile ${folder}/${name}.key`, ...lines])
  return `mqtts://localhost:${mosquitto.port}`
}

const box = (t: Test, more: Parameters<typeof openBox>[0]) => {
  const opened = openBox(more)
  t.teardown(() => opened.broker.close(null))
  return opened
}

const SERVER = 'DNS:localhost,IP:127.0.0.1'

test('connects with a client certificate, and is told where the broker does not let it publish', async (t) => {
  const mosquitto = await brokerFor(t, { tls: true })
  const files = await mosquitto.issueClient('box-1')
  const [ca, certificate, key] = await Promise.all(
    [files.ca, files.certificate, files.key].map((file) => readFile(file)),
  )
  const { connected, broker: line } = box(t, { url: mosquitto.url, ca, certificate, key })
  await connected()
  t.equal(line.state().protocolVersion, 5)
  await t.resolves(line.publish('loa/1/up/alarm/box-1/vn/08', '{}', { qos: 1, retain: false }))
  await t.rejects(
    line.publish('loa/1/up/alarm/box-2/vn/08', '{}', { qos: 1, retain: false }),
    /does not let this box publish to loa\/1\/up\/alarm\/box-2/,
  )
  t.ok(line.state().connected)
})

test('every failure of TLS is told in a sentence, and none is an uncaught error', async (t) => {
  const { folder, read } = await pki(t)
  await certificate(folder, { name: 'broker', by: 'ours', san: SERVER })
  await certificate(folder, { name: 'elsewhere', by: 'ours', san: 'DNS:elsewhere.example' })
  await certificate(folder, { name: 'old', by: 'ours', san: SERVER, expired: true })
  await certificate(folder, { name: 'stranger', by: 'other', san: 'DNS:stranger' })
  const [ours, other] = [await read('ours.pem'), await read('other.pem')]
  const good = await broker(t, folder, 'broker')
  const strict = await broker(t, folder, 'broker', [`cafile ${folder}/ours.pem`, 'require_certificate true'])
  const plain = await mosquittoFor(t)

  const cases: [string, Parameters<typeof openBox>[0], RegExp][] = [
    ['an unknown authority', { url: good, ca: other }, /not signed by an authority that this box trusts/],
    ['no authority given', { url: good }, /not signed by an authority that this box trusts/],
    ['another name', { url: await broker(t, folder, 'elsewhere'), ca: ours }, /is for another name/],
    [
      'an expired certificate',
      { url: await broker(t, folder, 'old'), ca: ours },
      /has expired, or the clock of this box/,
    ],
    ['no client certificate', { url: strict, ca: ours }, /refused the certificate of this box/],
    [
      'a client certificate of a stranger',
      { url: strict, ca: ours, certificate: await read('stranger.pem'), key: await read('stranger.key') },
      /refused the certificate of this box/,
    ],
    ['no TLS at the other end', { url: `mqtts://localhost:${plain.port}`, ca: ours }, /speak TLS|hung up|reset/],
    ['TLS where none is spoken', { url: good.replace('mqtts', 'mqtt') }, /hung up|reset|closed/],
    [
      'a key that is no key',
      { url: good, ca: ours, certificate: await read('stranger.pem'), key: 'SECRET' },
      /cannot connect as this box is set up/,
    ],
    ['an address that is none', { url: 'http://localhost' }, /begins with http: is none of a broker/],
  ]
  for (const [name, options, expected] of cases) {
    const { details, broker: line } = box(t, options)
    await until(`${name} is told`, () => details().length > 0)
    t.match(details()[0], expected, name)
    t.notMatch(details().join(), /SECRET|BEGIN/, 'no secret is told')
    await line.close(null)
  }
})
