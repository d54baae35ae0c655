/** The body of a request, up to a maximum. */
import type { IncomingMessage } from 'node:http'

export type Body = { kind: 'whole'; bytes: Buffer } | { kind: 'too-large' } | { kind: 'broken' }

/** Resolves at the latest when the server cuts an overdue request off. */
export const readBody = (request: IncomingMessage, bytesMax: number): Promise<Body> =>
  new Promise((resolve) => {
    const parts: Buffer[] = []
    let bytes = 0
    request.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > bytesMax) resolve({ kind: 'too-large' })
      else parts.push(part)
    })
    request.on('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(parts) }))
    request.on('close', () => resolve({ kind: 'broken' }))
    request.on('error', () => resolve({ kind: 'broken' }))
  })
