/**
 * Looks whether a card that was missing is there again. A technician plugs it in and waits under the horn; but a sound process that
 * is started in vain costs a small box a second of its processor, so those come at ever longer intervals. To open the card with
 * ALSA's own player costs a hundredth of that.
 */
import { execFile } from 'node:child_process'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import type { RateHz } from './rate.ts'

const LOOK_MS = 1_000
/** A sound server that does not answer is not there. */
const OPEN_MS_MAX = 2_000
/** A breath of silence: a sound server without a card is opened like any other. */
const playing = (rateHz: RateHz): string[] =>
  `-q -D default -t raw -f S16_LE -c 2 -r ${rateHz} -s 480 /dev/zero`.split(' ')

export type Absence = {
  clock: Pick<Clock, 'after'>
  /** In which ALSA's `default` is the card. */
  env: NodeJS.ProcessEnv
  rateHz: RateHz
  /** It was found already, and could not be used all the same: it counts as found again only after it was missing. */
  isDoubted: boolean
  /** It is there: called once. */
  found: () => void
}

/** Without `aplay` on the box nothing is ever found, and the longer intervals remain. */
export const watchForCard = ({ clock, env, rateHz, isDoubted, found }: Absence): Timer => {
  let isOver = false
  let wasMissing = !isDoubted
  let timer: Timer
  const look = () => {
    execFile('aplay', playing(rateHz), { env, timeout: OPEN_MS_MAX }, (fault) => {
      if (isOver) return
      if (fault === null && wasMissing) {
        isOver = true
        found()
        return
      }
      wasMissing ||= fault !== null
      timer = clock.after('sound card', LOOK_MS, look)
    })
  }
  timer = clock.after('sound card', LOOK_MS, look)
  return {
    cancel: () => {
      isOver = true
      timer.cancel()
    },
  }
}
