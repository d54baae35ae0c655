/**
 * A relay on a line of the box's own GPIO chip, by Debian's `gpioset`. The kernel gives a line back when the process that
 * holds it ends, so one process holds it all the time, off as well as on, and is replaced when the state changes.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { AmplifierListener } from '../../agent/ports/amplifier.ts'
import type { AmplifierSettings } from '../../config/settings.ts'
import type { Clock, Timer } from '../../player/ports/clock.ts'
import { retryDelayMs, type Switch } from './switch.ts'

export type GpioSettings = NonNullable<AmplifierSettings['gpio']>

export type GpioOptions = {
  id: string
  settings: GpioSettings
  clock: Pick<Clock, 'after'>
  listener: AmplifierListener
  /** A test may bring its own. */
  program?: string
}

/** gpioset says nothing when it has set the line. What it cannot do, it says at once and ends. */
const SETTLED_MS = 500
const COMPLAINT_LENGTH_MAX = 300

/** libgpiod 1 (Debian 12) and 2 (Debian 13) have nothing but the name in common. Both hold the line until told to end. */
export const gpiosetArguments = (version: 1 | 2, { chip, line, activeLow }: GpioSettings, isOn: boolean): string[] => {
  const low = activeLow ? ['--active-low'] : []
  const value = `${line}=${isOn ? 1 : 0}`
  return version === 1 ? ['--mode=signal', ...low, chip, value] : [...low, '--chip', chip, value]
}

/** `gpioset (libgpiod) v1.6.3` */
export const gpiosetVersion = (text: string): 1 | 2 | null => {
  const major = /\(libgpiod\) v(\d+)\./.exec(text)?.[1]
  if (major === undefined) return null
  return major === '1' ? 1 : 2
}

const complaintOf = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, COMPLAINT_LENGTH_MAX)

const NOT_INSTALLED = 'gpioset is not installed: sudo apt-get install gpiod'

const askVersion = (program: string): Promise<1 | 2> =>
  new Promise((resolve, reject) => {
    let text = ''
    const child = spawn(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
    child.once('error', (error) => reject(new Error(NOT_INSTALLED, { cause: error })))
    child.once('close', () => {
      const version = gpiosetVersion(text)
      if (version === null) reject(new Error(`${program} does not tell its version: ${complaintOf(text)}`))
      else resolve(version)
    })
  })

const gone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve()
    else child.once('exit', () => resolve())
  })

export const openGpioSwitch = ({ id, settings, clock, listener, program = 'gpioset' }: GpioOptions): Switch => {
  let order = 0
  let holder: ChildProcess | null = null
  let timer: Timer | null = null
  let isClosed = false
  let endSettling: (() => void) | null = null
  let version: Promise<1 | 2> | null = null
  /** One change after the other: two processes cannot hold the line at once. */
  let work: Promise<void> = Promise.resolve()

  const letGo = async () => {
    const held = holder
    holder = null
    held?.kill('SIGTERM')
    if (held !== null) await gone(held)
  }
  /** Resolves when the line is held; `onLost` is called if it is lost later. */
  const hold = async (isOn: boolean, onLost: (detail: string) => void): Promise<void> => {
    version ??= askVersion(program)
    const known = await version.catch((error: unknown) => {
      // It may be installed while the box runs.
      version = null
      throw error
    })
    // The parent's death ends it too: an agent that was killed must not leave an amplifier on that nobody switches off.
    const args = ['--pdeathsig', 'TERM', '--', program, ...gpiosetArguments(known, settings, isOn)]
    const child = spawn('setpriv', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    holder = child
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-4_096)))
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`setpriv of util-linux cannot be started: ${error.message}`))
      child.once('close', (code, signal) =>
        resolve(
          `${settings.chip} line ${settings.line}: ${complaintOf(complaint) || `gpioset ended (${signal ?? code ?? '?'})`}`,
        ),
      )
    })
    const settled = new Promise<null>((resolve) => {
      const settling = clock.after(`settle ${id}`, SETTLED_MS, () => resolve(null))
      endSettling = () => {
        settling.cancel()
        resolve(null)
      }
    })
    const refusal = await Promise.race([ended, settled])
    endSettling?.()
    endSettling = null
    if (refusal !== null) throw new Error(refusal)
    void ended.then((detail) => {
      if (holder === child) onLost(detail)
    })
  }
  const isCurrent = (mine: number) => mine === order && !isClosed
  const carryOut = async (mine: number, isOn: boolean, failures: number): Promise<void> => {
    if (!isCurrent(mine)) return
    const again = (detail: string, failed: number) => {
      if (!isCurrent(mine)) return
      listener({ kind: 'not-switched', amplifier: id, isOn, detail })
      timer = clock.after(`switch ${id}`, retryDelayMs(failed), () => enqueue(mine, isOn, failed + 1))
    }
    try {
      await letGo()
      await hold(isOn, (detail) => again(detail, 0))
      if (isCurrent(mine)) listener({ kind: 'switched', amplifier: id, isOn })
    } catch (error) {
      again(error instanceof Error ? error.message : String(error), failures)
    }
  }
  const enqueue = (mine: number, isOn: boolean, failures: number) => {
    work = work.then(() => carryOut(mine, isOn, failures))
  }
  return {
    switchTo: (isOn) => {
      if (isClosed) return
      order += 1
      timer?.cancel()
      // An alert does not wait until it is sure that the relay was off.
      endSettling?.()
      enqueue(order, isOn, 0)
    },
    close: async () => {
      isClosed = true
      timer?.cancel()
      endSettling?.()
      await work
      await letGo()
      // Some chips leave a line as it was when it is given back: it is set to off first.
      await hold(false, () => undefined).catch(() => undefined)
      await letGo()
    },
  }
}
