/** Writes docs/settings.md from the schema and its words; a test sees to it that the page is the one of today's schema. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EXAMPLES, SETTING_KEYS, type SettingKey } from '../config/keys.ts'
import { PictureOutputSettings, Settings, SoundOutputSettings } from '../config/settings.ts'
import { wordsOf } from '../config/words/language.ts'

const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined

/** `sources[]` is what stands in the list `sources`. */
const propertyOf = (schema: unknown, name: string): unknown =>
  name.endsWith('[]')
    ? at(at(at(schema, 'properties'), name.slice(0, -2)), 'items')
    : at(at(schema, 'properties'), name)

/** `outputs[].device` is looked up in the medium that has it. */
const schemaOf = (key: SettingKey): unknown => {
  const [, own] = key.split('outputs[].')
  if (own !== undefined) return propertyOf(SoundOutputSettings, own) ?? propertyOf(PictureOutputSettings, own)
  return key.split('.').reduce<unknown>(propertyOf, Settings)
}

const isSection = (key: SettingKey): boolean => at(schemaOf(key), 'type') === 'object'

const limits = (schema: unknown): string => {
  const [minimum, maximum] = [at(schema, 'minimum'), at(schema, 'maximum')]
  if (typeof minimum !== 'number') return ''
  return typeof maximum === 'number' ? ` (${minimum} … ${maximum})` : ` (≥ ${minimum})`
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Who asks for it: the section around it, or an output of its medium. */
const isRequired = (key: SettingKey): boolean => {
  const parts = key.split('.')
  const name = parts.pop() ?? ''
  const inOutput = parts[0] === 'outputs[]'
  const around = inOutput ? SoundOutputSettings : parts.reduce<unknown>(propertyOf, Settings)
  const schema = schemaOf(key)
  return listed(at(around, 'required')).includes(name) && at(schema, 'default') === undefined
}

const defaultText = (key: SettingKey): string => {
  const value = at(schemaOf(key), 'default')
  if (value !== undefined) return `\`${JSON.stringify(value)}\``
  return isRequired(key) ? '**required**' : '–'
}

const row = (key: SettingKey): string => {
  const [en, vi] = [wordsOf('en').settings[key], wordsOf('vi').settings[key]]
  const value = `${en.expected}${limits(schemaOf(key))}`
  return `| \`${key}\` | ${defaultText(key)} | ${en.meaning}<br>*${vi.meaning}* | ${value} | \`${EXAMPLES[key]}\` |`
}

export const settingsPage = (exampleFile: string): string =>
  `# Settings

One file, \`/etc/loa/loa.yaml\`, read once when the agent starts. After a change: \`loa config check\`, then
\`sudo systemctl restart loa\`. Every mistake is shown at once, with its line and what to do about it; an agent with wrong
settings does not start.

*Một tệp duy nhất, \`/etc/loa/loa.yaml\`, đọc một lần khi khởi động. Sửa xong thì gõ \`loa config check\`, rồi
\`sudo systemctl restart loa\`.*

Paths that do not begin with \`/\` count from the folder of the file. Numbers are written without separators and without
quotation marks; names that are all digits need quotation marks. A name that is not in this table is refused.

This page is made by \`node dist/scripts/settings-page.js\` from \`config/settings.ts\`.

| Setting | Default | Meaning | Value | Example |
|---|---|---|---|---|
${SETTING_KEYS.filter((key) => !isSection(key))
  .map(row)
  .join('\n')}

## A complete file

\`systemd/loa.example.yaml\`, which \`scripts/install\` copies to a new box:

\`\`\`yaml
${exampleFile.trimEnd()}
\`\`\`
`

const main = (root: string) => {
  const example = readFileSync(join(root, 'systemd/loa.example.yaml'), 'utf8')
  writeFileSync(join(root, 'docs/settings.md'), settingsPage(example))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv[2] ?? '.')
