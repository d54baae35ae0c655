/** Snapcast as a yardstick: a server and two clients, each into one channel of a card that has its zones plugged. */
import { writeFileSync } from 'node:fs'
import type { VirtualCard } from '../bench-parts/sound.ts'
import { launch, type Program } from './programs.ts'
import type { Rig } from './rig.ts'

/** `source`: as snapserver writes it, with the stream's name. */
export const startSnapcast = (rig: Rig, { env }: Pick<VirtualCard, 'env'>, source: string): Program[] => {
  const config = rig.file('snapserver.conf')
  const lines = ['[stream]', `source = ${source}`, 'bind_to_address = 127.0.0.1']
  writeFileSync(config, `${lines.join('\n')}\n[http]\nenabled = false\n[tcp]\nenabled = false\n`)
  const server = launch(['snapserver', '--config', config, '--server.datadir', rig.folder], {
    env,
    logFile: rig.file('snapserver.log'),
  })
  const clients = (['left', 'right'] as const).map((zone, index) =>
    launch(['snapclient', '-h', '127.0.0.1', '-i', String(index + 1), '-s', zone, '--logsink', 'stdout'], {
      env,
      logFile: rig.file(`snapclient-${zone}.log`),
    }),
  )
  return [...clients, server]
}
