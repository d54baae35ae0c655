/** Ticker strips by their text: drawn once for all items that carry the same line, kept while one of them needs it. */
import { rm } from 'node:fs/promises'
import type { Strip } from './ticker-script.ts'

export type StripShelf = {
  /** Null if it cannot be drawn; the picture is shown without. */
  take: (text: string) => Promise<Strip | null>
  /** Once for each `take`. */
  giveBack: (text: string) => void
}

type Kept = { users: number; strip: Promise<Strip | null> }

export const openStripShelf = (draw: (text: string) => Promise<Strip | null>): StripShelf => {
  const kept = new Map<string, Kept>()
  return {
    take: (text) => {
      const known = kept.get(text)
      if (known !== undefined) {
        known.users += 1
        return known.strip
      }
      const strip = draw(text)
      kept.set(text, { users: 1, strip })
      return strip
    },
    giveBack: (text) => {
      const known = kept.get(text)
      if (known === undefined) return
      known.users -= 1
      if (known.users > 0) return
      kept.delete(text)
      void known.strip.then((strip) => (strip === null ? undefined : rm(strip.file, { force: true })))
    },
  }
}
