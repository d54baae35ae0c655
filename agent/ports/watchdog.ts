/** The service supervisor. Fed by the loop's own progress, never by a timer of its own. */
export interface Watchdog {
  ready: () => void
  /** Called once per turn of the loop; the driver thins it out. */
  progress: () => void
  status: (text: string) => void
  stopping: () => void
}
