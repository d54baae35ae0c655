/** One sentence for what went wrong with the line, for a person who stands before the box. Never holds a secret. */
import { ReasonCodes } from 'mqtt'

/** How much of a foreign message is quoted. */
const QUOTED_CHARACTERS_MAX = 200

const CLOCK = 'or the clock of this box is wrong'
const UNTRUSTED = 'the certificate of the broker is not signed by an authority that this box trusts'
const REFUSED_OURS = 'the broker refused the certificate of this box'

const BY_CODE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of the broker does not resolve',
  EAI_AGAIN: 'the name of the broker does not resolve, since no name server answers',
  ECONNREFUSED: 'nothing listens at the address of the broker',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the broker does not answer',
  EHOSTUNREACH: 'there is no way to the broker from this network',
  ENETUNREACH: 'this box has no network',
  EADDRNOTAVAIL: 'this box has no address in its network',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REVOKED: 'the certificate of the broker was revoked',
  CERT_HAS_EXPIRED: `the certificate of the broker has expired, ${CLOCK}`,
  CERT_NOT_YET_VALID: `the certificate of the broker is not valid yet, ${CLOCK}`,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the broker is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the broker does not speak TLS at this address',
  EPROTO: 'the broker does not speak TLS at this address, or refuses it',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the certificate and the private key of this box do not belong together',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the broker and this box have no TLS cipher in common',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the broker and this box have no TLS version in common',
}

const REFUSALS_OF_OURS = /ALERT_(BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/

/** Reason codes of MQTT 5 §2.4 and return codes of 3.1.1 §3.2.2.3 that a person can do something about. */
const BY_REASON: Readonly<Record<number, string>> = {
  1: 'the broker does not speak this version of MQTT',
  2: 'the broker refused the name of this box',
  3: 'the broker is not available now',
  4: 'the broker refused user name or password',
  5: 'the broker does not let this box in',
  132: 'the broker does not speak this version of MQTT',
  133: 'the broker refused the name of this box',
  134: 'the broker refused user name or password',
  135: 'the broker does not let this box in',
  139: 'the broker is shutting down',
  141: 'the broker heard nothing of this box for too long',
  142: 'another box connected under the same name',
}

/** What the library says without a code. */
const BY_MESSAGE: Readonly<Record<string, string>> = {
  'Keepalive timeout': 'the broker has not answered for longer than the keepalive allows',
  'connack timeout': 'the broker did not answer CONNECT in time',
}

const quoted = (text: string): string => text.replace(/\s+/g, ' ').slice(0, QUOTED_CHARACTERS_MAX)

const REASON_NAMES: Readonly<Record<number, string | undefined>> = ReasonCodes

export const explainReason = (reason: number): string =>
  BY_REASON[reason] ?? `the broker gave reason ${reason}: ${REASON_NAMES[reason] ?? 'unknown'}`

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined)

export const explainError = (error: Error): string => {
  const code = codeOf(error)
  if (typeof code === 'number') return explainReason(code)
  if (typeof code === 'string') {
    const known = BY_CODE[code]
    if (known !== undefined) return known
    if (REFUSALS_OF_OURS.test(code)) return REFUSED_OURS
    return `${quoted(error.message)} (${code})`
  }
  return BY_MESSAGE[error.message] ?? quoted(error.message)
}
