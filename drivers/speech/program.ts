/** A program that gets a text by standard input, so that no shell and no argument ever sees it, and answers with sound. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { setPriority } from 'node:os'

/** Ten minutes at 22,050 Hz: twice what the longest text takes. */
const WAV_BYTES_MAX = 27_000_000
/** What plays must not stutter because something is said later. */
const NICENESS = 5
const COMPLAINT_CHARACTERS_MAX = 300

export type Said = { kind: 'wav'; bytes: Buffer } | { kind: 'failed'; error: string }

export type ProgramRun = {
  program: string
  options: readonly string[]
  text: string | Buffer
  sayMsMax: number
  signal: AbortSignal
  bytesMax?: number
}

export const reasonOf = (program: string, error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOENT') return `${program} is not installed`
  if (code === 'EACCES') return `${program} may not be run: it is no program, or not for this user`
  return `${program} does not run: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`
}

const lowerPriority = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    setPriority(pid, NICENESS)
  } catch {
    // It has ended already, or the service may not: then it speaks at the priority of everyone.
  }
}

const collect = (
  child: ChildProcessWithoutNullStreams,
  { program, text, sayMsMax, signal, bytesMax = WAV_BYTES_MAX }: ProgramRun,
): Promise<Said> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = []
    let bytes = 0
    let complaint = ''
    let ended: string | null = null
    const end = (why: string) => {
      ended ??= why
      child.kill('SIGKILL')
    }
    const callOff = () => end('called off')
    const timer = setTimeout(() => end(`${program} did not end within ${sayMsMax} ms`), sayMsMax)
    const settle = (said: Said) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', callOff)
      resolve(said)
    }
    signal.addEventListener('abort', callOff)
    if (signal.aborted) callOff()
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > bytesMax) end('it would take longer than ten minutes to say')
      else pieces.push(piece)
    })
    child.stderr.on('data', (piece: Buffer) => {
      complaint = (complaint + piece.toString('utf8')).slice(-COMPLAINT_CHARACTERS_MAX)
    })
    // Who ends before it has read everything breaks the pipe; its exit code says why.
    child.stdin.on('error', () => undefined)
    child.once('error', (error) => settle({ kind: 'failed', error: reasonOf(program, error) }))
    child.once('close', (code, killedBy) => {
      if (ended !== null) settle({ kind: 'failed', error: ended })
      else if (code === 0) settle({ kind: 'wav', bytes: Buffer.concat(pieces, bytes) })
      else settle({ kind: 'failed', error: `${program} ended with ${code ?? killedBy ?? '?'}: ${complaint.trim()}` })
    })
    child.stdin.end(text)
  })

/** Ends within `sayMsMax`, whatever the program does; nothing of it is left then. */
export const sayByProgram = (run: ProgramRun): Promise<Said> => {
  if (run.signal.aborted) return Promise.resolve({ kind: 'failed', error: 'called off' })
  const child = spawn(run.program, [...run.options], { stdio: 'pipe' })
  lowerPriority(child.pid)
  return collect(child, run)
}
