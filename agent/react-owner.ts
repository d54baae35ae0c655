/** What is found of the owner's content, and what an output could not play of it. */
import type { StageChange } from '../player/play/stage.ts'
import type { OwnerContent } from './ports/owner.ts'
import type { World } from './world.ts'

const SUBJECT = 'owner'

/** One alarm for all files; told again only when it says something else. */
const tellComplaint = ({ owner, alarms }: World) => {
  const complaint = owner.complaint()
  const raised = alarms.raised().find(({ code }) => code === 'owner-content')
  if (raised !== undefined && raised.detail !== complaint) alarms.clear('owner-content', SUBJECT)
  if (complaint !== null) alarms.raise('owner-content', SUBJECT, complaint)
}

/** Whether what should play may be another now. */
export const reactToOwner = (world: World, content: OwnerContent): boolean => {
  const { clock, log } = world
  const isChanged = world.owner.take(content, { wall: clock.wall(), elapsed: clock.elapsed() })
  tellComplaint(world)
  world.measuring.look()
  if (isChanged) log.info({ files: content.files.length, skipped: content.skipped.length }, 'content of the owner')
  return isChanged
}

/** A file that cannot be played is left out; a device that is gone says nothing about it. */
export const onOwnerEnded = (world: World, { play, fault }: Extract<StageChange, { kind: 'ended' }>) => {
  const { content } = play.slot.item
  if (!('sha256' in content) || fault === null) return
  if (fault.code !== 'media-unreadable' && fault.code !== 'media-unsupported') return
  const { clock } = world
  if (world.owner.exclude(content.sha256, fault.detail, { wall: clock.wall(), elapsed: clock.elapsed() }))
    tellComplaint(world)
}
