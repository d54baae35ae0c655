/** Whether the certificates of this box are what they should be, today and for a while to come. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Settings } from '../settings.ts'
import { errorCodeOf, type Box } from './box.ts'
import type { Finding } from './findings.ts'

const DAY_MS = 86_400_000
/** A province renews certificates by hand: a month is what the letter takes. */
export const ENDING_DAYS = 30

/** The calendar day, the same in both languages. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export const daysUntil = (untilMs: number, nowMs: number): number => Math.floor((untilMs - nowMs) / DAY_MS)

const commonName = (subject: string, file: string): string => /^CN=(.+)$/m.exec(subject)?.[1] ?? file

const BEGIN = '-----BEGIN CERTIFICATE-----'

/** A file of authorities may hold many; each has its own end. */
const certificatesIn = (text: string): X509Certificate[] =>
  text
    .split(BEGIN)
    .slice(1)
    .map((body) => new X509Certificate(BEGIN + body))

const judge = (certificate: X509Certificate, file: string, now: number): Finding => {
  const name = commonName(certificate.subject, file)
  const from = Date.parse(certificate.validFrom)
  const until = Date.parse(certificate.validTo)
  const facts = { file, name, until: dayOf(until), days: daysUntil(until, now) }
  if (now < from) return { code: 'certificate-early', facts: { file, name, from: dayOf(from) } }
  if (now > until) return { code: 'certificate-expired', facts: { file, name, until: dayOf(until) } }
  return { code: facts.days < ENDING_DAYS ? 'certificate-ending' : 'certificate-right', facts }
}

const unreadable = (file: string, error: unknown, { user }: Box): Finding => {
  const code = errorCodeOf(error)
  if (code === 'EACCES' || code === 'EPERM') return { code: 'certificate-forbidden', facts: { file, user } }
  return { code: 'certificate-unreadable', facts: { file, error: code } }
}

const judgeFile = (box: Box, file: string): Finding[] => {
  try {
    const certificates = certificatesIn(readFileSync(file, 'utf8'))
    if (certificates.length === 0) return [{ code: 'certificate-unreadable', facts: { file, error: 'PEM' } }]
    return certificates.map((certificate) => judge(certificate, file, box.now()))
  } catch (error) {
    return [unreadable(file, error, box)]
  }
}

const judgePair = (box: Box, certificate: string, key: string): Finding[] => {
  let text: string
  try {
    text = readFileSync(key, 'utf8')
  } catch (error) {
    return [unreadable(key, error, box)]
  }
  try {
    const own = createPrivateKey(text)
    const [leaf] = certificatesIn(readFileSync(certificate, 'utf8'))
    // A certificate that cannot be read was reported by itself.
    if (leaf === undefined || leaf.checkPrivateKey(own)) return []
    return [{ code: 'key-differs', facts: { certificate, key } }]
  } catch {
    // The library's sentence could quote the key.
    return [{ code: 'certificate-unreadable', facts: { file: key, error: 'PEM' } }]
  }
}

export const checkCertificates = (box: Box, { broker: { ca, certificate, key } }: Settings): Finding[] => [
  ...(ca === undefined ? [] : judgeFile(box, ca)),
  ...(certificate === undefined ? [] : judgeFile(box, certificate)),
  ...(certificate === undefined || key === undefined ? [] : judgePair(box, certificate, key)),
]
