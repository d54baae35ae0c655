/**
 * What an alert means for this box, now: which of its blocks of information are announced here, how gravely, from when until
 * when; or why none is. Pure.
 */
import { addMs, formatUtc, wallMs, type WallMs } from '../../player/plan/time.ts'
import type { TextSlide } from '../../player/ports/output.ts'
import type { Siren, WantedResource } from '../ports/alert-sound.ts'
import type { CapAlert, CapArea, CapInfo, CapResource, CapStatus } from './alert.ts'
import { coverage, type Place } from './geography.ts'
import { chooseLanguage } from './language.ts'
import { slideOf, spokenOf, titleOf } from './words.ts'

export type AlertPolicy = {
  device: string
  place: Place
  statuses: readonly CapStatus[]
  /** BCP 47 ranges, the best first. */
  languages: readonly string[]
}

/** One block of information of an alert, as it is announced here. */
export type Announcement = {
  /** Place of the block in the document. */
  infoIndex: number
  title: string
  slide: TextSlide
  text: string
  language: string
  isGrave: boolean
  /** 0 is the gravest; a total order by severity, urgency and certainty. */
  gravity: number
  siren: Siren | null
  resource: WantedResource | null
  /** Why a recording of the alert is not used; its words are spoken instead. */
  resourceFault: string | null
  startsAt: WallMs
  until: WallMs
  /** The danger is over: said once, without a siren. */
  isAllClear: boolean
}

export type Choice = { kind: 'announced'; announcements: Announcement[] } | { kind: 'not-here'; reason: string }

/** An alert that does not say when it ends is repeated for an hour (§3.2.2 expires leaves it to the recipient). */
export const EXPIRES_MS_DEFAULT = 3_600_000

/** Blocks of one alert that are announced one by one. */
export const ANNOUNCEMENTS_MAX = 4

/** `signed`: addressed to this box by its issuer. `found`: in a folder or a feed, which may be for a whole country. */
export type Carrier = 'signed' | 'found'

export type Moment = {
  now: WallMs
  /** When it came in; after a reboot, long before `now`. */
  receivedAt: WallMs
  /** False: `now` may be years off, and the latest moment that is known to be past stands in `floor`. */
  isTrusted: boolean
  floor: WallMs
}

export const startOf = (info: CapInfo, alert: CapAlert): WallMs => info.effective ?? alert.sent

export const endOf = (info: CapInfo, alert: CapAlert): WallMs =>
  info.expires ?? addMs(startOf(info, alert), EXPIRES_MS_DEFAULT)

/** When the last block is over; of an alert without blocks, when it was sent. */
export const lastEndOf = (alert: CapAlert): WallMs =>
  wallMs(Math.max(alert.sent, ...alert.infos.map((info) => endOf(info, alert))))

// What is not known stands below what is known to be bad, and above what is known to be mild.
const SEVERITY_ORDER = ['Extreme', 'Severe', 'Moderate', 'Unknown', 'Minor'] as const
const URGENCY_ORDER = ['Immediate', 'Expected', 'Future', 'Unknown', 'Past'] as const
const CERTAINTY_ORDER = ['Observed', 'Likely', 'Possible', 'Unknown', 'Unlikely'] as const

export const gravityOf = ({ severity, urgency, certainty }: CapInfo): number =>
  SEVERITY_ORDER.indexOf(severity) * 25 + URGENCY_ORDER.indexOf(urgency) * 5 + CERTAINTY_ORDER.indexOf(certainty)

const isAllClear = ({ responseTypes }: CapInfo): boolean => responseTypes.includes('AllClear')

/** Only what is near and bad takes everything over; the rest is said as an urgent bulletin. */
export const isGrave = (info: CapInfo): boolean =>
  !isAllClear(info) &&
  (info.urgency === 'Immediate' || info.urgency === 'Expected') &&
  (info.severity === 'Extreme' || info.severity === 'Severe')

/** Nothing to be done at once: no siren, unless it is grave all the same. */
const PASSIVE: ReadonlySet<string> = new Set(['Monitor', 'Assess', 'None', 'AllClear'])

/** A siren means run: what is not near or not bad has the attention signal, or none. */
export const sirenOf = (info: CapInfo): Siren | null => {
  if (isAllClear(info) || info.urgency === 'Past') return null
  if (isGrave(info)) return info.severity === 'Extreme' ? 'extreme' : 'severe'
  const { responseTypes, severity } = info
  if (responseTypes.length > 0 && responseTypes.every((type) => PASSIVE.has(type))) return null
  return severity === 'Minor' || severity === 'Unknown' ? null : 'moderate'
}

/** The first recording that can be checked; one without a digest could be anybody's. */
const resourceOf = (resources: readonly CapResource[]): { resource: WantedResource | null; fault: string | null } => {
  const sounds = resources.filter(({ mimeType }) => /^audio\//i.test(mimeType))
  for (const { uri, derefUri, mimeType, bytes, sha1 } of sounds) {
    const address = derefUri === null ? uri : `data:${mimeType.split(';')[0] ?? mimeType};base64,${derefUri}`
    if (address !== null && sha1 !== null) return { resource: { uri: address, mimeType, bytes, sha1 }, fault: null }
  }
  const [first] = sounds
  if (first === undefined) return { resource: null, fault: null }
  return {
    resource: null,
    fault: first.sha1 === null ? 'CAP 1.2 §3.2.3 digest: is missing' : 'CAP 1.2 §3.2.3 uri: is missing',
  }
}

const notHere = (reason: string): Choice => ({ kind: 'not-here', reason })

const standing = (alert: CapAlert, { device, statuses }: AlertPolicy): string | null => {
  if (!statuses.includes(alert.status)) return `status ${alert.status} is not played here`
  if (alert.messageType === 'Ack' || alert.messageType === 'Error') return `${alert.messageType} is for its sender`
  if (alert.messageType === 'Cancel') return 'it only ends others'
  // A public loudspeaker reads nothing aloud that was meant for a few.
  if (alert.scope === 'Restricted') return 'scope Restricted is not for the public'
  if (alert.scope === 'Private' && !alert.addresses.includes(device)) return 'scope Private is for others'
  return alert.infos.length === 0 ? 'it says nothing: no info' : null
}

type Candidate = { info: CapInfo; infoIndex: number; areas: readonly CapArea[] }

/** Blocks that speak of this place. Of an area that cannot be judged, whoever signed for this box is believed. */
const local = (alert: CapAlert, place: Place, carrier: Carrier): { found: Candidate[]; isUnknown: boolean } => {
  const found: Candidate[] = []
  let isUnknown = false
  for (const [infoIndex, info] of alert.infos.entries()) {
    const { coverage: judged, inside } = coverage(info.areas, place)
    // What names no place but in words is for all whom its source reaches.
    const isInWords = info.areas.every(
      ({ polygons, circles, geocodes }) => polygons.length + circles.length + geocodes.length === 0,
    )
    if (judged === 'inside' || (judged === 'unknown' && (carrier === 'signed' || isInWords)))
      found.push({ info, infoIndex, areas: inside })
    else if (judged === 'unknown') isUnknown = true
  }
  return { found, isUnknown }
}

/**
 * When a block begins and ends on this box's clock. It begins when it takes effect, not at the onset of its event: a warning
 * that waits for the flood is none. A clock that nothing has set says at least that what was sent is past.
 */
const timesOf = (
  alert: CapAlert,
  info: CapInfo,
  { now, receivedAt, isTrusted }: Moment,
): { startsAt: WallMs; until: WallMs } => {
  const start = startOf(info, alert)
  const until = endOf(info, alert)
  if (isTrusted) return { startsAt: wallMs(Math.max(start, Math.min(receivedAt, now))), until }
  const known = Math.max(now, alert.sent)
  return { startsAt: addMs(now, Math.max(0, start - known)), until }
}

const announce = (alert: CapAlert, { info, infoIndex, areas }: Candidate, moment: Moment): Announcement => {
  const { resource, fault } = resourceOf(info.resources)
  return {
    infoIndex,
    title: titleOf(alert, info),
    slide: slideOf(alert, info, areas),
    text: spokenOf(alert, info),
    language: info.language,
    isGrave: isGrave(info),
    gravity: gravityOf(info),
    siren: sirenOf(info),
    resource,
    resourceFault: fault,
    ...timesOf(alert, info, moment),
    isAllClear: isAllClear(info),
  }
}

/**
 * Each block of the chosen language that speaks of this place and is not over is an announcement of its own, with its own
 * times and gravity (§3.2.2: blocks of one language are one sequence, in which later ones add and do not override).
 */
export const choose = (alert: CapAlert, policy: AlertPolicy, carrier: Carrier, moment: Moment): Choice => {
  const refused = standing(alert, policy)
  if (refused !== null) return notHere(refused)
  const { found, isUnknown } = local(alert, policy.place, carrier)
  if (found.length === 0)
    return notHere(
      isUnknown ? 'whether its area is here cannot be told: set position and alerts.geocodes' : 'its area is not here',
    )
  const past = moment.isTrusted ? moment.now : wallMs(Math.max(moment.now, moment.floor))
  const lasting = found.filter(({ info }) => endOf(info, alert) > past && endOf(info, alert) > startOf(info, alert))
  if (lasting.length === 0) return notHere(`it was over at ${formatUtc(lastEndOf(alert))}`)
  const language = chooseLanguage(
    lasting.map(({ info }) => info.language),
    policy.languages,
  )
  const announcements = lasting
    .filter(({ info }) => info.language === language)
    .slice(0, ANNOUNCEMENTS_MAX)
    .map((candidate) => announce(alert, candidate, moment))
  return { kind: 'announced', announcements }
}
