/** A small answer over HTTP(S), taken whole: a feed, a CAP document, a recording. */

export type HttpAsked = {
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>
  bytesMax: number
  /** `https`: nothing on the way, redirects included, may be unencrypted, unless it never leaves this machine. */
  only: 'any' | 'https'
  signal: AbortSignal
}

export type HttpAnswer =
  | { kind: 'answered'; status: number; header: (name: string) => string | null; body: Buffer }
  /** Another try may help. */
  | { kind: 'failed'; error: string }
  /** No other try will. `too-large`: of `bytesMax`. */
  | { kind: 'refused'; why: 'address' | 'too-large'; error: string }

/** Never rejects for what a network or a server can do. Addresses in errors are without their secrets. */
export type HttpGet = (address: string, asked: HttpAsked) => Promise<HttpAnswer>
