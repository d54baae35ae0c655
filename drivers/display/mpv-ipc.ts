/**
 * mpv's JSON IPC: one JSON object per line, both ways. What comes in is unknown and is parsed here, once; a line that is
 * not understood is dropped, since newer players say more than this one needs.
 */
import type { Duplex } from 'node:stream'

/** Named arguments: `loadfile` gained a positional one in mpv 0.38, its names stayed. */
export type MpvCommand = readonly (string | number)[] | { name: string; [argument: string]: unknown }

export type MpvReply =
  { kind: 'done'; data: unknown } | { kind: 'refused'; error: string } | { kind: 'lost'; error: string }

export type MpvEvent =
  | { kind: 'file-started'; entryId: number }
  /** The first frame of the file that was started last has been given to the screen. */
  | { kind: 'shown' }
  /** `error` is mpv's own word for it; null unless it failed. */
  | { kind: 'file-ended'; entryId: number; reason: string; error: string | null }
  | { kind: 'property'; name: string; value: unknown }

export type MpvIpc = {
  /** Never rejects. */
  command: (command: MpvCommand) => Promise<MpvReply>
  close: () => void
}

/** A player that does not answer must not fill our memory. */
const WAITING_MAX = 64
/** Longest line that is read; mpv's own are a few hundred bytes. */
const LINE_CHARS_MAX = 1_000_000

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const parseLine = (line: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

export const parseEvent = (message: Record<string, unknown>): MpvEvent | null => {
  const entryId = message['playlist_entry_id']
  switch (message['event']) {
    case 'start-file':
      return typeof entryId === 'number' ? { kind: 'file-started', entryId } : null
    case 'playback-restart':
      return { kind: 'shown' }
    case 'end-file': {
      if (typeof entryId !== 'number') return null
      const reason = text(message['reason'])
      const error = reason === 'error' ? text(message['file_error']) || 'unknown error' : null
      return { kind: 'file-ended', entryId, reason, error }
    }
    case 'property-change':
      return { kind: 'property', name: text(message['name']), value: message['data'] }
    default:
      return null
  }
}

export const openMpvIpc = (stream: Duplex, onEvent: (event: MpvEvent) => void): MpvIpc => {
  const waiting = new Map<number, (reply: MpvReply) => void>()
  let nextId = 1
  let buffered = ''
  let lost: string | null = null

  const lose = (error: string) => {
    lost ??= error
    for (const answer of waiting.values()) answer({ kind: 'lost', error: lost })
    waiting.clear()
    stream.destroy()
  }
  const answer = (message: Record<string, unknown>) => {
    const id = message['request_id']
    if (typeof id !== 'number') return
    const resolve = waiting.get(id)
    if (resolve === undefined) return
    waiting.delete(id)
    const error = text(message['error'])
    resolve(error === 'success' ? { kind: 'done', data: message['data'] } : { kind: 'refused', error })
  }
  const receive = (line: string) => {
    const message = parseLine(line)
    if (message === null) return
    if (message['event'] === undefined) {
      answer(message)
      return
    }
    const event = parseEvent(message)
    if (event !== null) onEvent(event)
  }

  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (buffered + chunk).split('\n')
    buffered = lines.pop() ?? ''
    for (const line of lines) receive(line)
    if (buffered.length > LINE_CHARS_MAX) lose('a line without end from the player')
  })
  stream.on('error', (error) => lose(error.message))
  stream.on('close', () => lose('the line to the player is closed'))

  return {
    command: (command) => {
      if (lost !== null) return Promise.resolve({ kind: 'lost', error: lost })
      if (waiting.size >= WAITING_MAX) return Promise.resolve({ kind: 'refused', error: 'too many commands wait' })
      const id = nextId++
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        stream.write(`${JSON.stringify({ command, request_id: id })}\n`)
      })
    },
    close: () => lose('closed'),
  }
}
