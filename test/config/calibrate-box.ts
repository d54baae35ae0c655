/** `loa calibrate` as it is typed, and a box on a virtual card to type it on. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { startVirtualCard, type VirtualCard } from '../../scripts/bench-parts/sound.ts'
import { RIGHT } from './settings-file.ts'

const LOA = resolve(import.meta.dirname, '../../config/loa.js')

type Ran = { exitCode: number; stdout: string; stderr: string }

export const loa = (args: string[], env: NodeJS.ProcessEnv): Promise<Ran> =>
  new Promise((done) => {
    const clean: NodeJS.ProcessEnv = { ...env, LANG: 'C' }
    delete clean['NODE_OPTIONS']
    execFile(process.execPath, [LOA, 'calibrate', ...args], { env: clean }, (error, stdout, stderr) => {
      done({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })

export const cardFor = async (t: Test): Promise<VirtualCard> => {
  const card = await startVirtualCard()
  t.teardown(() => card.dispose())
  return card
}

export const settingsIn = (card: VirtualCard): string => {
  const file = join(card.folder, 'loa.yaml')
  writeFileSync(file, `${RIGHT}control: { socket: agent.sock }\nstate: { folder: state }\n`)
  return file
}
