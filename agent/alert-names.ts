/** The names of announcements in plans and records: of at most 64 characters, and of no two alerts the same. */
import { createHash } from 'node:crypto'
import { identityText, type CapAlert } from './cap/alert.ts'

/** Names of alerts that ended are not given again, since a plan takes the same name for the same thing heard. */
const NAMES_MAX = 1_000
const ALERT_ID_CHARACTERS_MAX = 40

export type NameAlert = (alert: CapAlert, of: { alertId: string | null; infoIndex: number }) => string

export const nameAlerts = (): NameAlert => {
  const given = new Map<string, string>()
  return (alert, { alertId, infoIndex }) => {
    const identity = identityText(alert)
    const hash = createHash('sha256').update(identity).digest('hex')
    const block = infoIndex === 0 ? '' : `.${infoIndex}`
    const base =
      alertId === null ? `alert:found-${hash.slice(0, 24)}` : `alert:${alertId.slice(0, ALERT_ID_CHARACTERS_MAX)}`
    const isPlain = alert.messageType === 'Alert' && (alertId ?? '').length <= ALERT_ID_CHARACTERS_MAX
    const plain = `${base}${block}`
    const owner = given.get(plain)
    const name =
      alertId === null || (isPlain && (owner === undefined || owner === identity))
        ? plain
        : `${base}~${hash.slice(0, 8)}${block}`
    given.set(name, identity)
    const oldest = given.keys().next()
    if (given.size > NAMES_MAX && oldest.done !== true) given.delete(oldest.value)
    return name
  }
}
