/** The demo's own head-end: keys, a database and media in the work folder, and the schedule written as a clerk writes it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { upTopic } from '../../agent/protocol/topics.ts'
import { addMs, wallMs, type WallMs } from '../../player/plan/time.ts'
import { startHeadEnd, type HeadEnd } from '../head-end/head-end.ts'
import { localDate, localText } from '../head-end/local-time.ts'
import { makeIssuerKey, makeRootKey, readIssuerKey, readRootKey } from '../head-end/keys.ts'
import { publishPlan, type PublishedPlan } from '../head-end/orders.ts'
import { compilePlan } from '../head-end/plan-compile.ts'
import type { HeadEndEvent } from '../head-end/receive.ts'
import { CABINET, programmesOf, SLIDE, TIME_ZONE } from './programme.ts'
import type { Samples } from './samples.ts'

const DAY_MS = 86_400_000

export const now = (): WallMs => wallMs(Date.now())

export type Place = { device: string; area: string; issuer: string }

export const openDemoHeadEnd = async (
  folder: string,
  { brokerUrl, place, listener }: { brokerUrl: string; place: Place; listener: (event: HeadEndEvent) => void },
): Promise<{ headEnd: HeadEnd; rootKey: string }> => {
  const keys = join(folder, 'keys')
  const root = await makeRootKey(keys)
  const grant = {
    issuer: place.issuer,
    area: place.area,
    highestPriority: 'urgent' as const,
    kinds: ['schedule' as const, 'media' as const, 'receipt' as const],
    from: addMs(now(), -DAY_MS),
    until: addMs(now(), DAY_MS),
  }
  const { file } = await makeIssuerKey(await readRootKey(root.file), grant, keys)
  const headEnd = await startHeadEnd({
    databaseFile: join(folder, 'head-end.sqlite'),
    mediaFolder: join(folder, 'shelf'),
    broker: { url: brokerUrl },
    area: place.area,
    signer: await readIssuerKey(file),
    media: { listenHost: '127.0.0.1', listenPort: 0, publicUrl: null },
    now,
    listener,
  })
  return { headEnd, rootKey: root.x }
}

const clock = (at: WallMs): string => localText(at, TIME_ZONE).slice(0, 19).replace('T', ' ')

const { body: text, ...looks } = SLIDE
const slide = { text, ...looks }

const itemOf = (name: string, durationMs: number, samples: Samples) => {
  const length = `${durationMs}ms`
  if (name === 'slide') return { ...slide, for: length }
  if (name === 'poster') return { still: samples.poster, for: length }
  if (name === 'film') return { video: samples.film, for: length }
  return { sound: name === 'tune' ? samples.tune : samples.bulletin, for: length }
}

export type Drawn = { starts: readonly WallMs[]; bulletinMs: number }

/** Null: only the media, so that the box has them before anything is due. */
export const publishDemoPlan = async (
  headEnd: HeadEnd,
  { file, place, samples, drawn }: { file: string; place: Place; samples: Samples; drawn: Drawn | null },
): Promise<PublishedPlan> => {
  const programmes = drawn === null ? [] : programmesOf(drawn.bulletinMs)
  const plan = {
    schedule: place.issuer,
    timeZone: TIME_ZONE,
    validFrom: localDate(addMs(now(), -DAY_MS), TIME_ZONE),
    validUntil: localDate(addMs(now(), DAY_MS), TIME_ZONE),
    alsoKeep: Object.values(samples),
    programmes: programmes.map(({ programmeId, title, priority, output, startMs, whenInterrupted, items }) => ({
      id: programmeId,
      title,
      priority,
      on: (drawn?.starts ?? []).map((start) => clock(addMs(start, startMs))),
      outputs: [output],
      ...(output === CABINET ? { whenInterrupted } : {}),
      items: items.map(({ name, durationMs }) => itemOf(name, durationMs, samples)),
    })),
  }
  await writeFile(file, stringify(plan))
  return publishPlan(headEnd.desk, await compilePlan(file, headEnd.shelf), { area: place.area })
}

/** A broker that was there before must not keep what we had it retain. */
export const clearRetained = async (headEnd: HeadEnd, place: Place, topics: Iterable<string>): Promise<void> => {
  for (const topic of [...topics, upTopic('state', place.device, place.area)])
    // An access list may forbid it: then there is no more to be done.
    await headEnd.line.publish(topic, '', { retain: true }).catch(() => undefined)
}
