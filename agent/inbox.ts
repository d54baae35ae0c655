/** The one way into the loop. Callbacks only put; the loop alone takes. */

/** Messages of the broker that may wait. A box that is this far behind says so and drops, rather than grow. */
export const INBOX_BROKER_MAX = 512

export type Inbox<T> = {
  /** False: full, and the event was dropped. `vital` events (what an output confirmed) are never dropped. */
  put: (event: T, vital: boolean) => boolean
  /** Resolves with the oldest event; waits if there is none. */
  take: () => Promise<T>
  size: () => number
}

export const createInbox = <T>(droppableMax = INBOX_BROKER_MAX): Inbox<T> => {
  const waiting: { event: T; vital: boolean }[] = []
  let droppable = 0
  let wake: ((event: T) => void) | null = null
  return {
    put: (event, vital) => {
      if (wake !== null) {
        const resolve = wake
        wake = null
        resolve(event)
        return true
      }
      if (!vital && droppable >= droppableMax) return false
      if (!vital) droppable += 1
      waiting.push({ event, vital })
      return true
    },
    take: () => {
      const first = waiting.shift()
      if (first !== undefined) {
        if (!first.vital) droppable -= 1
        return Promise.resolve(first.event)
      }
      return new Promise((resolve) => {
        wake = resolve
      })
    },
    size: () => waiting.length,
  }
}
