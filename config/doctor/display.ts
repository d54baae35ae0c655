/** Whether each screen can be reached, and whether anything is plugged in. */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { PictureOutputSettings, Settings } from '../settings.ts'
import { errorCodeOf, type Box } from './box.ts'
import type { Finding } from './findings.ts'

const CONNECT_MS_MAX = 3_000
const X_PORT_BASE = 6_000

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** The kernel tells for each plug of each graphics card whether a screen answers on it. */
const pluggedConnectors = (box: Box): string[] => {
  const folder = join(box.root, 'sys/class/drm')
  return namesIn(folder)
    .filter((name) => /^card\d+-/.test(name))
    .filter((name) => {
      try {
        return readFileSync(join(folder, name, 'status'), 'utf8').trim() === 'connected'
      } catch {
        // A connector without a status cannot show anything.
        return false
      }
    })
    .map((name) => name.replace(/^card\d+-/, ''))
}

const checkKernelDisplay = (box: Box, output: string): Finding => {
  const cards = namesIn(join(box.root, 'dev/dri')).filter((name) => /^card\d+$/.test(name))
  const [first] = cards
  if (first === undefined) return { code: 'display-missing', facts: { output, display: '/dev/dri/card*' } }
  const mayOpen = cards.some((card) => {
    try {
      accessSync(join(box.root, 'dev/dri', card), constants.R_OK | constants.W_OK)
      return true
    } catch {
      return false
    }
  })
  const plugged = pluggedConnectors(box)
  if (plugged.length === 0) return { code: 'display-unplugged', facts: { output } }
  if (!mayOpen) return { code: 'display-forbidden', facts: { output, display: `/dev/dri/${first}`, user: box.user } }
  return { code: 'display-found', facts: { output, display: plugged.join(', ') } }
}

/** `:0` is a socket of this machine, `host:0` a port of another. */
const addressOf = (box: Box, display: string): { path: string } | { host: string; port: number } | null => {
  const parts = /^([^:]*):(\d+)(\.\d+)?$/.exec(display)
  if (parts === null) return null
  const [, host = '', number = '0'] = parts
  if (host === '' || host === 'unix') return { path: join(box.root, 'tmp/.X11-unix', `X${number}`) }
  return { host, port: X_PORT_BASE + Number(number) }
}

const checkServer = (box: Box, output: string, display: string): Promise<Finding> =>
  new Promise((resolve) => {
    const address = addressOf(box, display)
    if (address === null) {
      resolve({ code: 'display-missing', facts: { output, display } })
      return
    }
    const socket = connect(address)
    const end = (finding: Finding) => {
      socket.destroy()
      resolve(finding)
    }
    socket.setTimeout(CONNECT_MS_MAX, () => end({ code: 'display-missing', facts: { output, display } }))
    socket.on('connect', () => end({ code: 'display-found', facts: { output, display } }))
    socket.on('error', (error) => {
      const forbidden = errorCodeOf(error) === 'EACCES'
      if (forbidden) end({ code: 'display-forbidden', facts: { output, display, user: box.user } })
      else end({ code: 'display-missing', facts: { output, display } })
    })
  })

const checkOutput = async (box: Box, output: PictureOutputSettings): Promise<Finding> => {
  const { name, videoOutput, display } = output
  if (videoOutput === 'drm' || (videoOutput === 'gpu' && display === undefined)) return checkKernelDisplay(box, name)
  return checkServer(box, name, display ?? ':0')
}

export const checkDisplays = (box: Box, settings: Settings): Promise<Finding[]> =>
  Promise.all(settings.outputs.flatMap((output) => (output.medium === 'picture' ? [checkOutput(box, output)] : [])))
