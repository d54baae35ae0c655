/** Settings files for tests: a right one, and what becomes of a wrong one. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SettingsFault } from '../../config/fault.ts'
import { loadSettings, type Loaded } from '../../config/load.ts'

export const RIGHT = `device: loa-1
area: vn/08/02215/thon-5
trust:
  root: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo
broker:
  url: mqtts://mqtt.example.vn:8883
outputs:
  - name: horn
    medium: sound
`

export const load = (folder: string, text: string): Loaded => {
  const file = join(folder, 'loa.yaml')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, text)
  return loadSettings(file)
}

export const faultsOf = (loaded: Loaded): SettingsFault[] => (loaded.kind === 'wrong' ? loaded.faults : [])
