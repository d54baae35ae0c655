/** One way of turning words into sound: a program, another program, a server. All pass one contract. */

/** WAV as a loudspeaker should get it; see wav.ts. */
export type Sound = { kind: 'spoken'; wav: Buffer; durationMs: number } | { kind: 'failed'; error: string }

export interface Engine {
  /** Name, version and manner: when it changes, the same words sound different. */
  engine: string
  /** `text` is spoken as it is; of a language that it lacks it says so. Never throws for what an engine can do. */
  say: (text: string, language: string, signal: AbortSignal) => Promise<Sound>
}
