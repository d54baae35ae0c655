/** The places where the settings say that alerts are found: each is looked at by itself, and told of by its own name. */
import type { HttpGet } from '../../agent/ports/http.ts'
import type { AlertSource } from '../../config/settings.ts'
import type { Clock } from '../../player/ports/clock.ts'
import { openFeedSource } from './feed.ts'
import { openFolderSource } from './folder.ts'
import type { AlertSourceHandle, SourceEvents } from './source.ts'

export type SourcesOptions = {
  sources: readonly AlertSource[]
  clock: Pick<Clock, 'after' | 'wall' | 'elapsed'>
  chance: () => number
  get: HttpGet
  events: SourceEvents
}

export const openAlertSources = ({ sources, clock, chance, get, events }: SourcesOptions): AlertSourceHandle => {
  const open = sources.flatMap(({ folder, feed, seconds }) => {
    const everyMs = seconds * 1_000
    return [
      ...(folder === undefined ? [] : [openFolderSource({ folder, everyMs, clock, events })]),
      ...(feed === undefined ? [] : [openFeedSource({ address: feed, everyMs, clock, chance, get, events })]),
    ]
  })
  return {
    close: async () => {
      await Promise.all(open.map((source) => source.close()))
    },
  }
}
