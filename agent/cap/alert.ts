/** A CAP 1.2 alert (OASIS CAP-v1.2-os), read and checked; times are moments, texts are trimmed, what is absent is null or empty. */
import { formatUtc, type WallMs } from '../../player/plan/time.ts'

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2'

export const STATUSES = ['Actual', 'Exercise', 'System', 'Test', 'Draft'] as const
export const MESSAGE_TYPES = ['Alert', 'Update', 'Cancel', 'Ack', 'Error'] as const
export const SCOPES = ['Public', 'Restricted', 'Private'] as const
export const CATEGORIES = [
  'Geo',
  'Met',
  'Safety',
  'Security',
  'Rescue',
  'Fire',
  'Health',
  'Env',
  'Transport',
  'Infra',
  'CBRNE',
  'Other',
] as const
export const RESPONSE_TYPES = [
  'Shelter',
  'Evacuate',
  'Prepare',
  'Execute',
  'Avoid',
  'Monitor',
  'Assess',
  'AllClear',
  'None',
] as const
export const URGENCIES = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'] as const
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const
export const CERTAINTIES = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'] as const

export type CapStatus = (typeof STATUSES)[number]
export type CapMessageType = (typeof MESSAGE_TYPES)[number]
export type CapScope = (typeof SCOPES)[number]
export type CapCategory = (typeof CATEGORIES)[number]
export type CapResponseType = (typeof RESPONSE_TYPES)[number]
export type CapUrgency = (typeof URGENCIES)[number]
export type CapSeverity = (typeof SEVERITIES)[number]
export type CapCertainty = (typeof CERTAINTIES)[number]

/** What names a CAP message for good; also the form of a reference to an earlier one. */
export type CapIdentity = { sender: string; identifier: string; sent: WallMs }

export type CapValue = { valueName: string; value: string }

/** WGS 84, in degrees. */
export type Position = { latitude: number; longitude: number }

export type CapCircle = { centre: Position; radiusKm: number }

export type CapArea = {
  description: string
  /** Closed: the first point stands again at the end. */
  polygons: Position[][]
  circles: CapCircle[]
  geocodes: CapValue[]
}

export type CapResource = {
  description: string
  mimeType: string
  bytes: number | null
  uri: string | null
  /** The content itself in Base64, for lines that have no way back. */
  derefUri: string | null
  /** Lower-case hex. */
  sha1: string | null
}

export type CapInfo = {
  /** BCP 47; `en-US` where the document says nothing (§3.2.2 language). */
  language: string
  categories: CapCategory[]
  event: string
  responseTypes: CapResponseType[]
  urgency: CapUrgency
  severity: CapSeverity
  certainty: CapCertainty
  effective: WallMs | null
  onset: WallMs | null
  expires: WallMs | null
  senderName: string | null
  headline: string | null
  description: string | null
  instruction: string | null
  resources: CapResource[]
  areas: CapArea[]
}

export type CapAlert = CapIdentity & {
  status: CapStatus
  messageType: CapMessageType
  scope: CapScope
  addresses: string[]
  note: string | null
  references: CapIdentity[]
  infos: CapInfo[]
}

/** One text for one message: the same moment told with another offset is the same message. */
export const identityText = ({ sender, identifier, sent }: CapIdentity): string =>
  `${sender},${identifier},${formatUtc(sent)}`
