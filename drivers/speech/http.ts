/** A server that turns text into sound. It is asked by POST and answers with WAV, or with anything that ffmpeg decodes. */
import { readFileSync } from 'node:fs'
import type { Engine, Sound } from './engine.ts'
import { regionOf } from './language.ts'
import { patience } from './patience.ts'
import { anySoundOf } from './sound.ts'
import { speakable } from './text.ts'

export type HttpOptions = {
  url: string
  /** JSON with `{text}`, `{voice}` and `{language}` inside its texts; null: the text itself is sent. */
  template: string | null
  /** The header that lets the box in, and the file with its value; the value is in no message and no log. */
  header: { name: string; file: string } | null
  timeoutMs: number
  bytesMax: number
  /** Raised by whoever changes the voice on the server: nobody else can know. */
  version: string
}

const SECRET_BYTES_MAX = 8_000

const failed = (error: string): Sound => ({ kind: 'failed', error })

/** Without login and query: they may hold a secret. */
const nameOf = (url: string): string => {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

const bodyOf = ({ template }: HttpOptions, words: string, language: string): string =>
  template === null
    ? words
    : template.replaceAll(/\{(text|voice|language)\}/g, (_all, name: string) =>
        inJson(name === 'text' ? words : name === 'voice' ? regionOf(language) : language),
      )

/** Read at every request, so that a secret that is renewed needs no new start. */
const secretOf = ({ header }: HttpOptions): Record<string, string> => {
  if (header === null) return {}
  const value = readFileSync(header.file, 'utf8').trim()
  if (value === '' || value.length > SECRET_BYTES_MAX || /[^\t\x20-\x7e]/.test(value))
    throw new Error('it is empty, or not one line of plain letters')
  return { [header.name]: value }
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : null
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null
  return `cannot be reached${code === null ? '' : `: ${code}`}`
}

type Answered = { kind: 'bytes'; bytes: Buffer } | { kind: 'failed'; error: string }

const readBody = async (response: Response, bytesMax: number): Promise<Answered> => {
  const pieces: Uint8Array[] = []
  let bytes = 0
  if (response.body === null) return { kind: 'bytes', bytes: Buffer.alloc(0) }
  for await (const piece of response.body) {
    if (!(piece instanceof Uint8Array)) return { kind: 'failed', error: 'answered with no bytes' }
    bytes += piece.length
    if (bytes > bytesMax) return { kind: 'failed', error: `answered with more than ${bytesMax} bytes` }
    pieces.push(piece)
  }
  return { kind: 'bytes', bytes: Buffer.concat(pieces, bytes) }
}

const ask = async (
  options: HttpOptions,
  { body, secret }: { body: string; secret: Record<string, string> },
  signal: AbortSignal,
): Promise<Answered> => {
  const { url, template, timeoutMs, bytesMax } = options
  const type = template === null ? 'text/plain; charset=utf-8' : 'application/json'
  const waiting = patience(signal, timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': type, accept: 'audio/wav, audio/*;q=0.9', ...secret },
      body,
      // A secret is not carried to wherever an answer points.
      redirect: 'error',
      signal: waiting.signal,
    })
    if (response.ok) return await readBody(response, bytesMax)
    await response.body?.cancel()
    return { kind: 'failed', error: `answered ${response.status}` }
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', error: 'called off' }
    return { kind: 'failed', error: waiting.isOver() ? `did not answer within ${timeoutMs} ms` : reasonOf(error) }
  } finally {
    waiting.end()
  }
}

export const openHttp = (options: HttpOptions): Engine => {
  const name = nameOf(options.url)
  return {
    engine: `${name} ${options.version} ${options.template ?? ''}`.trim(),
    say: async (text, language, signal) => {
      const words = speakable(text)
      if (words === '') return failed('there is nothing in it to be spoken')
      let secret: Record<string, string>
      try {
        secret = secretOf(options)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'it holds no value for a header'
        return failed(`the secret in ${options.header?.file ?? ''} cannot be used: ${code}`)
      }
      const answered = await ask(options, { body: bodyOf(options, words, language), secret }, signal)
      if (answered.kind === 'failed')
        return failed(answered.error === 'called off' ? 'called off' : `${name} ${answered.error}`)
      return anySoundOf(answered.bytes, signal)
    },
  }
}
