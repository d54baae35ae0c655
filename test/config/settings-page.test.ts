import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { SETTING_KEYS } from '../../config/keys.ts'
import { settingsPage } from '../../scripts/settings-page.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

t.test('the page of the settings is the one of today’s schema', async (t) => {
  t.equal(
    read('docs/settings.md'),
    settingsPage(read('systemd/loa.example.yaml')),
    'run: node dist/scripts/settings-page.js',
  )
})

t.test('required, default and limits are those of the schema', async (t) => {
  const page = read('docs/settings.md')
  t.match(page, /\| `device` \| \*\*required\*\* \|/)
  t.match(page, /\| `outputs\[\]\.name` \| \*\*required\*\* \|/)
  t.match(page, /\| `broker\.ca` \| – \|/)
  t.match(page, /\| `heartbeat\.seconds` \| `60` \|.*\(1 … 86400\)/)
  t.match(page, /\| `outputs\[\]\.width` \| `1280` \|.*\(16 … 16384\)/)
})

t.test('the example shows every setting that a box can have, written out or commented', async (t) => {
  const example = read('systemd/loa.example.yaml')
  for (const key of SETTING_KEYS) {
    const name = key.split('.').at(-1) ?? ''
    t.match(example, new RegExp(`^[ #-]*${name}:`, 'm'), key)
  }
})
