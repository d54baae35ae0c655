/** Node and the programs that the agent starts. */
import type { Settings } from '../settings.ts'
import type { Box } from './box.ts'
import type { Finding } from './findings.ts'

const NODE_MINIMUM = { major: 20, minor: 9 }

type Needed = {
  program: string
  debianPackage: string
  neededFor: 'sound' | 'picture' | 'both'
  flag: string
  version: RegExp
}

const PROGRAMS: readonly Needed[] = [
  { program: 'ffmpeg', debianPackage: 'ffmpeg', neededFor: 'both', flag: '-version', version: /^ffmpeg version (\S+)/ },
  { program: 'aplay', debianPackage: 'alsa-utils', neededFor: 'sound', flag: '--version', version: /version (\S+)/ },
  {
    program: 'espeak-ng',
    debianPackage: 'espeak-ng',
    neededFor: 'sound',
    flag: '--version',
    version: /text-to-speech: (\S+)/,
  },
  { program: 'mpv', debianPackage: 'mpv', neededFor: 'picture', flag: '--version', version: /^mpv (\S+)/ },
]

const checkNode = ({ nodeVersion }: Box): Finding => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const minimum = `${NODE_MINIMUM.major}.${NODE_MINIMUM.minor}`
  const isNew = major > NODE_MINIMUM.major || (major === NODE_MINIMUM.major && minor >= NODE_MINIMUM.minor)
  return { code: isNew ? 'node-right' : 'node-old', facts: { version: nodeVersion, minimum } }
}

/** Without settings every program is looked for: the box may be about to get them. */
export const checkPrograms = async (box: Box, settings: Settings | null): Promise<Finding[]> => {
  const media = settings === null ? null : settings.outputs.map(({ medium }) => medium)
  const needed = PROGRAMS.filter(({ neededFor }) => media === null || neededFor === 'both' || media.includes(neededFor))
  const found = await Promise.all(
    needed.map(async ({ program, debianPackage, neededFor, flag, version }): Promise<Finding> => {
      const ran = await box.run(program, [flag])
      if (ran.kind !== 'done') return { code: 'program-missing', facts: { program, debianPackage, neededFor } }
      return { code: 'program-found', facts: { program, version: version.exec(ran.stdout)?.[1] ?? '?' } }
    }),
  )
  return [checkNode(box), ...found]
}
