/**
 * From the XML of CAP 1.2 to a `CapAlert`, or to the clause of CAP-v1.2-os that it breaks.
 *
 * Strict where a mistake could change what is said, to whom or until when. Two things that senders of today do are let
 * pass, since they change nothing of it: elements in another order than that of the schema, and texts that are empty, which
 * count as absent.
 */
import {
  CATEGORIES,
  CERTAINTIES,
  MESSAGE_TYPES,
  RESPONSE_TYPES,
  SCOPES,
  SEVERITIES,
  STATUSES,
  URGENCIES,
  type CapAlert,
  type CapArea,
  type CapIdentity,
  type CapInfo,
  type CapResource,
  type CapValue,
} from './alert.ts'
import { addressesOf, circleOf, isName, momentOf, polygonOf, referencesOf } from './values.ts'
import { wallMs, type WallMs } from '../../player/plan/time.ts'
import { readXml, refusal, type CapRefusal, type XmlElement } from './xml.ts'

export type CapRead = { kind: 'ok'; alert: CapAlert } | CapRefusal

const INFOS_MAX = 20
const AREAS_MAX = 500
const RESOURCES_MAX = 20
const REFERENCES_MAX = 200

/** One container of the standard. What it reads is worthless once `fail` was called: the first fault refuses the whole. */
type Section = { clause: string; element: XmlElement; fail: (clause: string, detail: string) => void }

const say = ({ clause, fail }: Section, name: string, detail: string) => fail(`${clause} ${name}`, detail)

const checkNames = (section: Section, allowed: readonly string[]) => {
  const { element, clause, fail } = section
  for (const { name } of element.children)
    if (!allowed.includes(name)) fail('§3.4', `${name.slice(0, 60)} is no element of ${element.name} (${clause})`)
  if (element.text.trim() !== '') fail('§3.4', `text between the elements of ${element.name}`)
}

const all = ({ element, fail }: Section, name: string): string[] =>
  element.children
    .filter((child) => child.name === name)
    .map((child) => {
      if (child.children.length > 0) fail('§3.4', `${name} has elements inside`)
      return child.text.trim()
    })

const one = (section: Section, name: string): string | null => {
  const [first, ...others] = all(section, name)
  if (others.length > 0) say(section, name, `stands ${others.length + 1} times`)
  return first ?? null
}

/** Empty is absent. */
const text = (section: Section, name: string): string | null => {
  const value = one(section, name)
  return value === '' ? null : value
}

const required = (section: Section, name: string): string => {
  const value = one(section, name)
  if (value === null) say(section, name, 'is missing')
  else if (value === '') say(section, name, 'is empty')
  return value ?? ''
}

const quote = (value: string): string => `"${value.slice(0, 60)}"`

const chosen = <T extends string>(section: Section, name: string, value: string, allowed: readonly [T, ...T[]]): T => {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) say(section, name, `${quote(value)} is none of ${allowed.join(', ')}`)
  return found ?? allowed[0]
}

const choice = <T extends string>(section: Section, name: string, allowed: readonly [T, ...T[]]): T => {
  const value = required(section, name)
  return value === '' ? allowed[0] : chosen(section, name, value, allowed)
}

const choices = <T extends string>(section: Section, name: string, allowed: readonly [T, ...T[]]): T[] =>
  all(section, name).map((value) => chosen(section, name, value, allowed))

const moment = ({ fail }: Section, name: string, value: string | null): WallMs | null => {
  if (value === null) return null
  const at = momentOf(value)
  if (at === null)
    fail(`§3.3.2 ${name}`, `${quote(value)} is not of the form 2002-05-24T16:49:00-07:00, with figures for the zone`)
  return at
}

const name = (section: Section, field: string): string => {
  const value = required(section, field)
  if (value !== '' && !isName(value))
    say(section, field, `${quote(value)} has a space, a comma, < or &, or is too long`)
  return value
}

const inner = (section: Section, field: string, clause: string, countMax: number): Section[] => {
  const found = section.element.children.filter((child) => child.name === field)
  if (found.length > countMax) say(section, field, `${found.length} of them, at most ${countMax} are read`)
  return found.slice(0, countMax).map((element) => ({ clause, element, fail: section.fail }))
}

const pairs = (section: Section, field: string): CapValue[] =>
  inner(section, field, `${section.clause} ${field}`, AREAS_MAX).map((pair) => {
    checkNames(pair, ['valueName', 'value'])
    const valueName = required(pair, 'valueName')
    const value = one(pair, 'value')
    if (value === null) say(pair, 'value', 'is missing')
    return { valueName, value: value ?? '' }
  })

const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/

const readArea = (section: Section): CapArea => {
  checkNames(section, ['areaDesc', 'polygon', 'circle', 'geocode', 'altitude', 'ceiling'])
  const height = (field: string) => {
    const value = text(section, field)
    if (value !== null && !/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value)) say(section, field, `${quote(value)} is no number`)
    return value
  }
  const [altitude, ceiling] = [height('altitude'), height('ceiling')]
  if (ceiling !== null && altitude === null) say(section, 'ceiling', 'stands without altitude')
  return {
    description: required(section, 'areaDesc'),
    polygons: all(section, 'polygon')
      .filter((value) => value !== '')
      .map((value) => {
        const points = polygonOf(value)
        if (typeof points === 'string') say(section, 'polygon', points)
        return typeof points === 'string' ? [] : points
      }),
    circles: all(section, 'circle')
      .filter((value) => value !== '')
      .flatMap((value) => {
        const circle = circleOf(value)
        if (circle === null) say(section, 'circle', `${quote(value)} is no centre and radius in kilometres`)
        return circle === null ? [] : [circle]
      }),
    geocodes: pairs(section, 'geocode'),
  }
}

const readResource = (section: Section): CapResource => {
  checkNames(section, ['resourceDesc', 'mimeType', 'size', 'uri', 'derefUri', 'digest'])
  const mimeType = required(section, 'mimeType')
  if (mimeType !== '' && !/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/.test(mimeType))
    say(section, 'mimeType', `${quote(mimeType)} is no media type`)
  const size = one(section, 'size')
  if (size !== null && !/^\d{1,12}$/.test(size)) say(section, 'size', `${quote(size)} is no number of bytes`)
  const digest = text(section, 'digest')
  if (digest !== null && !/^[0-9a-fA-F]{40}$/.test(digest))
    say(section, 'digest', `${quote(digest)} is no SHA-1 of 40 hexadecimal digits`)
  const derefUri = text(section, 'derefUri')
  if (derefUri !== null && !/^[A-Za-z0-9+/=\s]+$/.test(derefUri)) say(section, 'derefUri', 'is not Base64')
  return {
    description: required(section, 'resourceDesc'),
    mimeType,
    bytes: size === null ? null : Number(size),
    uri: text(section, 'uri'),
    derefUri: derefUri === null ? null : derefUri.replaceAll(/\s+/g, ''),
    sha1: digest === null ? null : digest.toLowerCase(),
  }
}

const INFO_NAMES = [
  ...['language', 'category', 'event', 'responseType', 'urgency', 'severity', 'certainty', 'audience', 'eventCode'],
  ...['effective', 'onset', 'expires', 'senderName', 'headline', 'description', 'instruction', 'web', 'contact'],
  ...['parameter', 'resource', 'area'],
]

const readInfo = (section: Section): CapInfo => {
  checkNames(section, INFO_NAMES)
  const language = text(section, 'language')
  if (language !== null && !LANGUAGE.test(language)) say(section, 'language', `${quote(language)} is no language tag`)
  const categories = choices(section, 'category', CATEGORIES)
  if (categories.length === 0) say(section, 'category', 'is missing')
  for (const field of ['audience', 'web', 'contact']) one(section, field)
  pairs(section, 'eventCode')
  pairs(section, 'parameter')
  return {
    language: language ?? 'en-US',
    categories,
    event: required(section, 'event'),
    responseTypes: choices(section, 'responseType', RESPONSE_TYPES),
    urgency: choice(section, 'urgency', URGENCIES),
    severity: choice(section, 'severity', SEVERITIES),
    certainty: choice(section, 'certainty', CERTAINTIES),
    effective: moment(section, 'effective', one(section, 'effective')),
    onset: moment(section, 'onset', one(section, 'onset')),
    expires: moment(section, 'expires', one(section, 'expires')),
    senderName: text(section, 'senderName'),
    headline: text(section, 'headline'),
    description: text(section, 'description'),
    instruction: text(section, 'instruction'),
    resources: inner(section, 'resource', '§3.2.3', RESOURCES_MAX).map(readResource),
    areas: inner(section, 'area', '§3.2.4', AREAS_MAX).map(readArea),
  }
}

const ALERT_NAMES = [
  ...['identifier', 'sender', 'sent', 'status', 'msgType', 'source', 'scope', 'restriction', 'addresses', 'code'],
  ...['note', 'references', 'incidents', 'info'],
]

const readReferences = (section: Section): CapIdentity[] => {
  const value = text(section, 'references')
  const references = value === null ? [] : referencesOf(value)
  if (references === null) say(section, 'references', 'is no list of sender,identifier,sent')
  if (references !== null && references.length > REFERENCES_MAX)
    say(section, 'references', `${references.length} of them, at most ${REFERENCES_MAX} are read`)
  return references ?? []
}

const readAlert = (section: Section): CapAlert => {
  checkNames(section, ALERT_NAMES)
  const messageType = choice(section, 'msgType', MESSAGE_TYPES)
  const scope = choice(section, 'scope', SCOPES)
  const restriction = text(section, 'restriction')
  const addresses = addressesOf(text(section, 'addresses') ?? '')
  const references = readReferences(section)
  if (scope === 'Restricted' && restriction === null)
    say(section, 'restriction', 'is missing with the scope Restricted')
  if (scope === 'Private' && addresses.length === 0) say(section, 'addresses', 'is missing with the scope Private')
  // An Update without them is a new alert to whoever has not heard the one before; the others would do nothing at all.
  if (messageType !== 'Alert' && messageType !== 'Update' && references.length === 0)
    say(section, 'references', `is missing with the msgType ${messageType}`)
  for (const field of ['source', 'incidents']) one(section, field)
  return {
    identifier: name(section, 'identifier'),
    sender: name(section, 'sender'),
    sent: moment(section, 'sent', required(section, 'sent')) ?? wallMs(0),
    status: choice(section, 'status', STATUSES),
    messageType,
    scope,
    addresses,
    note: text(section, 'note'),
    references,
    infos: inner(section, 'info', '§3.2.2', INFOS_MAX).map(readInfo),
  }
}

/** Never throws for what a document can be. */
export const readCap = (xml: string): CapRead => {
  const read = readXml(xml)
  if (read.kind === 'refused') return read
  if (read.root.name !== 'alert') return refusal('§3.2.1 alert', `the document is ${quote(read.root.name)}`)
  const faults: CapRefusal[] = []
  const fail = (clause: string, detail: string) => {
    // Only the first is told; a hostile document would make many.
    if (faults.length === 0) faults.push(refusal(clause, detail))
  }
  const alert = readAlert({ clause: '§3.2.1', element: read.root, fail })
  return faults[0] ?? { kind: 'ok', alert }
}

export const refusalText = ({ clause, detail }: CapRefusal): string => `CAP 1.2 ${clause}: ${detail}`
