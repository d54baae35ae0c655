/** The line to the broker, step by step, so that the first step that fails names the cause. */
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { IClientOptions } from 'mqtt'
import type { Settings } from '../settings.ts'
import { errorCodeOf, type Box } from './box.ts'
import { checkCertificates, dayOf, daysUntil, ENDING_DAYS } from './certificates.ts'
import type { Finding } from './findings.ts'

/** A satellite or a crowded cell takes seconds; a person does not wait longer than this. */
const STEP_MS_MAX = 8_000

const PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 }

type Target = { host: string; port: number; isEncrypted: boolean }

const targetOf = (url: URL): Target => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: url.port === '' ? (PORTS[url.protocol] ?? 1883) : Number(url.port),
  isEncrypted: url.protocol === 'mqtts:' || url.protocol === 'wss:',
})

const reach = (box: Box, address: string, { host, port }: Target): Promise<Finding> =>
  new Promise((resolve) => {
    const began = box.elapsed()
    const socket = connectTcp({ host: address, port })
    const end = (finding: Finding) => {
      socket.destroy()
      resolve(finding)
    }
    const closed = (error: string) => end({ code: 'broker-port-closed', facts: { host, port, error } })
    socket.setTimeout(STEP_MS_MAX, () => closed('ETIMEDOUT'))
    socket.on('error', (error) => closed(errorCodeOf(error)))
    socket.on('connect', () => {
      const ms = Math.round(box.elapsed() - began)
      end({ code: 'broker-reached', facts: { host, port, address, ms } })
    })
  })

/** Missing or unreadable files are reported with the certificates; here the line is tried with what there is. */
const credentials = ({ broker }: Settings): { ca?: Buffer; cert?: Buffer; key?: Buffer } => {
  const read = (file: string | undefined): Buffer | undefined => {
    try {
      return file === undefined ? undefined : readFileSync(file)
    } catch {
      return undefined
    }
  }
  const [ca, cert, key] = [read(broker.ca), read(broker.certificate), read(broker.key)]
  const pair = cert === undefined || key === undefined ? {} : { cert, key }
  return { ...(ca === undefined ? {} : { ca }), ...pair }
}

/** A key that is not the certificate's, or no key at all, is found out before a byte is sent, by an exception. */
const openTls = (settings: Settings, { host, port }: Target): TLSSocket | string => {
  const name = isIP(host) === 0 ? { servername: host } : {}
  try {
    return connectTls({ host, port, ...name, ...credentials(settings) })
  } catch (error) {
    return errorCodeOf(error)
  }
}

const shake = (box: Box, settings: Settings, target: Target): Promise<Finding> =>
  new Promise((resolve) => {
    const socket = openTls(settings, target)
    if (typeof socket === 'string') {
      resolve({ code: 'broker-tls-wrong', facts: { error: socket } })
      return
    }
    const end = (finding: Finding) => {
      socket.destroy()
      resolve(finding)
    }
    socket.setTimeout(STEP_MS_MAX, () => end({ code: 'broker-tls-wrong', facts: { error: 'ETIMEDOUT' } }))
    socket.on('error', (error) => end({ code: 'broker-tls-wrong', facts: { error: errorCodeOf(error) } }))
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerCertificate()
      const until = Date.parse(certificate.valid_to)
      const days = daysUntil(until, box.now())
      const names = [certificate.subject.CN ?? target.host].flat()
      const common = { name: names.join(' '), until: dayOf(until), days }
      if (days < ENDING_DAYS) end({ code: 'broker-certificate-ending', facts: common })
      else end({ code: 'broker-certificate-right', facts: { ...common, protocol: socket.getProtocol() ?? 'TLS' } })
    })
  })

/** MQTT 5 and 3.1.1 name the same refusal by two numbers. */
const CLIENT_NAME_REFUSED = [0x85, 2]
const NAME_NUMBER_MAX = 1e9

const reasonOf = (error: unknown): number | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null

/**
 * Connects under a name of its own: under the box's name, the broker would throw out the agent that is connected.
 * Neither subscribes nor publishes.
 */
const speak = async (box: Box, settings: Settings): Promise<Finding> => {
  const { default: mqtt } = await import('mqtt')
  const began = box.elapsed()
  const attempt = async (protocolVersion: 4 | 5): Promise<number> => {
    const options: IClientOptions = {
      ...credentials(settings),
      clientId: `${settings.device}-doctor-${Math.floor(box.chance() * NAME_NUMBER_MAX).toString(36)}`,
      protocolVersion,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: STEP_MS_MAX,
    }
    const client = await mqtt.connectAsync(settings.broker.url, options, false)
    await client.endAsync(true)
    return protocolVersion
  }
  try {
    // 1: unacceptable protocol version, 0x84: unsupported protocol version.
    const version = await attempt(5).catch((error: unknown) => {
      if ([1, 0x84].includes(reasonOf(error) ?? 0)) return attempt(4)
      throw error
    })
    const ms = Math.round(box.elapsed() - began)
    return { code: 'broker-accepts', facts: { version: version === 5 ? '5' : '3.1.1', ms } }
  } catch (error) {
    const reason = reasonOf(error)
    const said = error instanceof Error ? error.message : String(error)
    if (reason === null) return { code: 'broker-silent', facts: { error: said } }
    if (CLIENT_NAME_REFUSED.includes(reason)) return { code: 'broker-refuses-doctor', facts: { error: said } }
    return { code: 'broker-refuses', facts: { error: said } }
  }
}

export const checkBroker = async (box: Box, settings: Settings): Promise<Finding[]> => {
  const findings = checkCertificates(box, settings)
  const target = targetOf(new URL(settings.broker.url))
  let address: string
  try {
    address = (await lookup(target.host)).address
  } catch (error) {
    return [...findings, { code: 'broker-name-unknown', facts: { host: target.host, error: errorCodeOf(error) } }]
  }
  const reached = await reach(box, address, target)
  findings.push(reached)
  if (reached.code !== 'broker-reached') return findings
  if (target.isEncrypted) {
    const shaken = await shake(box, settings, target)
    findings.push(shaken)
    if (shaken.code === 'broker-tls-wrong') return findings
  } else {
    findings.push({ code: 'broker-unencrypted', facts: { host: target.host } })
  }
  return [...findings, await speak(box, settings)]
}
