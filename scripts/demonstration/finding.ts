/** One thing that was looked at after a run, and whether it was as it should be. */
export type CheckName =
  | 'record'
  | 'fault'
  | 'tone-starts'
  | 'tone-sounds'
  | 'tone-silent'
  | 'voice'
  | 'quiet'
  | 'recorded'
  | 'poster'
  | 'film'
  | 'film-moves'
  | 'slide'
  | 'ticker'

export type Finding = {
  check: CheckName
  subject: string
  isRight: boolean
  /** What was measured, in figures that need no translation. */
  figures: string
}
