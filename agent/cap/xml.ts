/**
 * XML as a tree of the elements of CAP, and nothing else: no document type, so no entities but the five of XML itself; no
 * foreign elements but XML signatures, which are passed over unread, since the message around a CAP document is signed.
 * Everything is bounded, and reading stops at the first fault.
 */
import { SaxesParser } from 'saxes'
import { CAP_NAMESPACE } from './alert.ts'

export type XmlElement = { name: string; children: XmlElement[]; text: string }

/** `clause` names the place in CAP-v1.2-os that is broken. */
export type CapRefusal = { kind: 'refused'; clause: string; detail: string }

export type XmlRead = { kind: 'ok'; root: XmlElement } | CapRefusal

/** As many as an `AlertBody` may carry. */
export const CAP_CHARACTERS_MAX = 200_000

const ELEMENTS_MAX = 10_000
/** alert, info, area, geocode, value. */
const DEPTH_MAX = 5
/** Inside a signature, which has a certificate, its key and its properties. */
const FOREIGN_DEPTH_MAX = 20
/** After each the reader looks whether to go on. */
const SLICE_CHARACTERS = 8_192

const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#'

export const refusal = (clause: string, detail: string): CapRefusal => ({ kind: 'refused', clause, detail })

const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text)

/** What the parser says of a fault begins with its place, and may quote what a stranger wrote. */
const faultOf = (error: Error): string => error.message.replaceAll(/\s+/g, ' ').slice(0, 200)

export const readXml = (text: string): XmlRead => {
  if (text.length > CAP_CHARACTERS_MAX)
    return refusal('§3.4', `${text.length} characters, at most ${CAP_CHARACTERS_MAX} are read`)
  const faults: CapRefusal[] = []
  const roots: XmlElement[] = []
  let elements = 0
  /** Open elements that are passed over, from the signature down. */
  let foreign = 0
  const open: XmlElement[] = []
  const refuse = (clause: string, detail: string) => {
    if (faults.length === 0) faults.push(refusal(clause, detail))
  }

  const parser = new SaxesParser({ xmlns: true, position: true })
  parser.on('error', (error) => {
    const isEntity = error.message.includes('entity')
    refuse(isEntity ? '§3.3.3' : '§3.4', `not well-formed XML: ${faultOf(error)}`)
  })
  parser.on('doctype', () => refuse('§3.3.3', 'a document type, which could declare entities'))
  parser.on('opentag', ({ local, uri }) => {
    elements += 1
    if (elements > ELEMENTS_MAX) refuse('§3.4', `more than ${ELEMENTS_MAX} elements`)
    const parent = open.at(-1)
    if (foreign > 0 || (uri === SIGNATURE_NAMESPACE && open.length === 1)) {
      foreign += 1
      if (foreign > FOREIGN_DEPTH_MAX) refuse('§3.4', `a signature of more than ${FOREIGN_DEPTH_MAX} levels`)
      return
    }
    if (uri !== CAP_NAMESPACE)
      refuse('§3.4', `${local.slice(0, 60)} is of the namespace "${uri.slice(0, 100)}", expected "${CAP_NAMESPACE}"`)
    const element: XmlElement = { name: local, children: [], text: '' }
    if (parent === undefined) roots.push(element)
    else parent.children.push(element)
    open.push(element)
    if (open.length > DEPTH_MAX) refuse('§3.4', `more than ${DEPTH_MAX} levels`)
  })
  parser.on('closetag', () => {
    if (foreign > 0) foreign -= 1
    else open.pop()
  })
  const take = (part: string) => {
    const element = open.at(-1)
    if (element !== undefined && foreign === 0) element.text += part
  }
  parser.on('text', take)
  parser.on('cdata', take)

  const whole = withoutMark(text)
  for (let at = 0; at < whole.length && faults.length === 0; at += SLICE_CHARACTERS)
    parser.write(whole.slice(at, at + SLICE_CHARACTERS))
  if (faults.length === 0) parser.close()
  const [root] = roots
  return faults[0] ?? (root === undefined ? refusal('§3.4', 'no element') : { kind: 'ok', root })
}
