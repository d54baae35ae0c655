/**
 * One mpv process. Its IPC is a socket pair on descriptor 3 (`--input-ipc-client`), not a socket file: nothing to clean up,
 * no path limit, and mpv quits by itself when the agent is gone, however it went.
 *
 * Every option was looked up in mpv 0.35 (Debian 12) and in the current development version.
 */
import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { type MpvEvent, type MpvIpc, openMpvIpc } from './mpv-ipc.ts'

export type VideoOutput = 'drm' | 'x11' | 'gpu'

export type MpvOptions = {
  mpvPath: string
  videoOutput: VideoOutput
  display: string | undefined
  width: number
  height: number
  scriptFile: string
}

export type MpvProcess = {
  readonly ipc: MpvIpc
  /** The last line of error that mpv wrote; empty if none. */
  lastError: () => string
  kill: () => void
  /** Asks it to go, then makes it. Resolves when it is gone. */
  end: () => Promise<void>
  /** Resolves with a sentence when the process is gone or could not be started. */
  readonly gone: Promise<string>
}

const ERROR_CHARS_MAX = 300
/** A console has to be given back after `--vo=drm`, so mpv may take this long to go. */
const FAREWELL_MS = 2_000

/** Frames that the graphics chip decodes must be copied back where software draws them. */
const HARDWARE_DECODING = { x11: 'no', drm: 'auto-copy-safe', gpu: 'auto-safe' } as const

const argumentsOf = (options: MpvOptions): string[] => [
  '--config=no',
  '--load-scripts=no',
  `--script=${options.scriptFile}`,
  '--idle=yes',
  '--force-window=yes',
  // No terminal control, but errors are printed: they say why a screen cannot be opened.
  '--input-terminal=no',
  '--msg-level=all=error',
  '--input-ipc-client=fd://3',
  // Nothing but the agent steers it: no keys, no pointer, no overlay of its own, no helper scripts.
  '--input-default-bindings=no',
  '--input-builtin-bindings=no',
  '--input-vo-keyboard=no',
  '--input-cursor=no',
  '--cursor-autohide=always',
  '--osc=no',
  '--osd-level=0',
  '--load-stats-overlay=no',
  '--load-osd-console=no',
  '--load-auto-profiles=no',
  '--ytdl=no',
  // Pictures are mute: sound goes by the sound outputs.
  '--audio=no',
  '--sid=no',
  '--sub-auto=no',
  '--autoload-files=no',
  // A medium is what was signed, not what it points to.
  '--access-references=no',
  '--network-timeout=10',
  '--demuxer-max-bytes=16MiB',
  '--demuxer-max-back-bytes=1MiB',
  '--image-display-duration=inf',
  '--title=Loa',
  `--hwdec=${HARDWARE_DECODING[options.videoOutput]}`,
  `--vo=${options.videoOutput}`,
  ...(options.videoOutput === 'drm'
    ? []
    : [`--geometry=${options.width}x${options.height}+0+0`, '--hidpi-window-scale=no']),
  ...(options.videoOutput === 'gpu' && options.display === undefined ? ['--gpu-context=drm'] : []),
]

const environmentOf = (options: MpvOptions): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(options.display === undefined ? {} : { DISPLAY: options.display }),
  /**
   * The ticker hands mpv an aligned bitmap per step. glibc before 2.38 (Debian 12 has 2.36) fragments its heap under
   * such a load: 180 MB after 20 s were seen. Blocks that are mapped one by one go back to the system: 57 MB, and flat.
   */
  MALLOC_MMAP_THRESHOLD_: '4096',
})

export const startMpv = (options: MpvOptions, onEvent: (event: MpvEvent) => void): MpvProcess => {
  const child = spawn(options.mpvPath, argumentsOf(options), {
    env: environmentOf(options),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  let lastError = ''
  const readErrors = (chunk: Buffer) => {
    const lines = chunk.toString('utf8').split('\n')
    const line = lines.map((each) => each.trim()).findLast((each) => each !== '')
    if (line !== undefined) lastError = line.slice(0, ERROR_CHARS_MAX)
  }
  const [, output, errors, line] = child.stdio
  output?.on('data', readErrors)
  errors?.on('data', readErrors)
  if (!(line instanceof Duplex)) throw new Error('the player was started without a line to it')
  const ipc = openMpvIpc(line, onEvent)

  let isGone = false
  const gone = new Promise<string>((resolve) => {
    const leave = (sentence: string) => {
      isGone = true
      ipc.close()
      resolve(sentence)
    }
    child.once('error', (error) => leave(`cannot start ${options.mpvPath}: ${error.message}`))
    child.once('exit', (code, signal) => {
      const how = signal === null ? `code ${code ?? 'unknown'}` : signal
      leave(`mpv ended with ${how}${lastError === '' ? '' : `: ${lastError}`}`)
    })
  })
  const kill = () => {
    if (!isGone) child.kill('SIGKILL')
  }
  return {
    ipc,
    lastError: () => lastError,
    kill,
    end: async () => {
      if (!isGone) child.kill('SIGTERM')
      const patience = setTimeout(kill, FAREWELL_MS)
      await gone
      clearTimeout(patience)
    },
    gone,
  }
}
