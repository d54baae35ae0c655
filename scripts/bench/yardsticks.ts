/** What one would use instead: mpv and liquidsoap, started as a careful person would. */
import { writeFileSync } from 'node:fs'

export type Command = [string, ...string[]]

const MPV = ['--no-config', '--no-terminal', '--no-video', '--ao=alsa'] as const

export const mpvPlaying = (file: string): Command => ['mpv', ...MPV, file]
export const mpvLooping = (file: string): Command => ['mpv', ...MPV, '--loop-playlist=inf', file]
export const mpvIdle = (): Command => ['mpv', ...MPV, '--idle=yes']
export const mpvStill = (file: string, { width, height }: { width: number; height: number }): Command => [
  ...(['mpv', '--no-config', '--no-terminal', '--vo=x11', '--image-display-duration=inf'] as const),
  ...[`--geometry=${width}x${height}+0+0`, file],
]

const LIQUIDSOAP = `settings.init.allow_root.set(true)
settings.log.stdout.set(true)
settings.log.file.set(false)
`

const liquidsoap = (script: string, text: string): Command => {
  writeFileSync(script, `${LIQUIDSOAP}${text}\n`)
  return ['liquidsoap', script]
}

export const liquidsoapPlaying = (script: string, file: string): Command =>
  liquidsoap(script, `output.alsa(device="default", fallible=true, once(single(${JSON.stringify(file)})))`)
export const liquidsoapLooping = (script: string, file: string): Command =>
  liquidsoap(script, `output.alsa(device="default", fallible=true, single(${JSON.stringify(file)}))`)
/** Waits for requests, as it would between programmes. */
export const liquidsoapIdle = (script: string): Command =>
  liquidsoap(script, 'output.alsa(device="default", fallible=true, request.queue())')
export const LIQUIDSOAP_READY = 'Streaming loop starts'
