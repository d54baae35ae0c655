/**
 * Reads the one settings file of a box. Every mistake is reported at once, each with the line where it stands, because the
 * person who mends it is on a ladder or at the far end of a bad line and cannot try twenty times.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import { shown, type SettingsFault, type SyntaxCode } from './fault.ts'
import { policyFaults } from './policy.ts'
import type { Settings } from './settings.ts'
import { checkShape, type Place } from './shape.ts'

export const SETTINGS_FILE = '/etc/loa/loa.yaml'

/** A settings file is a page of text; anything larger is another file given by mistake. */
const FILE_BYTES_MAX = 256 * 1024

export type Loaded =
  | { kind: 'ok'; settings: Settings }
  /** `language` is the one that the file asks for, where that much of it could be read. */
  | { kind: 'wrong'; faults: SettingsFault[]; language: 'vi' | 'en' | null }

export const placeText = (place: Place): string =>
  place.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part : `${text}.${part}`
  }, '')

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const fileReason = (code: string): 'absent' | 'forbidden' | 'not-a-file' | 'failed' => {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return 'absent'
  if (code === 'EACCES' || code === 'EPERM') return 'forbidden'
  return code === 'EISDIR' ? 'not-a-file' : 'failed'
}

const readText = (path: string): { kind: 'ok'; text: string } | { kind: 'wrong'; fault: SettingsFault } => {
  const wrong = (reason: 'absent' | 'forbidden' | 'not-a-file' | 'too-large' | 'failed') => ({
    kind: 'wrong' as const,
    fault: { key: '', line: null, found: null, problem: { kind: 'unreadable' as const, reason } },
  })
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return wrong('not-a-file')
    if (stat.size > FILE_BYTES_MAX) return wrong('too-large')
    return { kind: 'ok', text: readFileSync(path, 'utf8') }
  } catch (error) {
    return wrong(fileReason(errorCode(error)))
  }
}

/** The parser's own sentences quote the file, which may hold a password: only its codes are used. */
const SYNTAX: Partial<Record<string, SyntaxCode>> = {
  BAD_INDENT: 'indent',
  BLOCK_AS_IMPLICIT_KEY: 'indent',
  MULTILINE_IMPLICIT_KEY: 'indent',
  TAB_AS_INDENT: 'tab',
  DUPLICATE_KEY: 'duplicate-key',
  MISSING_CHAR: 'missing-character',
  BAD_SCALAR_START: 'reserved-character',
  BAD_ALIAS: 'reserved-character',
}

/** One slip makes the parser stumble many times; the first few lines are the ones to mend. */
const SYNTAX_FAULTS_MAX = 5

const syntaxFaults = (document: Document, lines: LineCounter): SettingsFault[] => {
  const seen = new Set<number>()
  return document.errors
    .flatMap((error) => {
      const { line } = lines.linePos(error.pos[0])
      if (seen.has(line)) return []
      seen.add(line)
      const code = SYNTAX[error.code] ?? 'not-understood'
      return [{ key: '', line, found: null, problem: { kind: 'syntax' as const, code } }]
    })
    .slice(0, SYNTAX_FAULTS_MAX)
}

/** Nobody refers to one setting from another: a value that begins with `*` is a password without quotation marks. */
const aliasFaults = (document: Document, lines: LineCounter): SettingsFault[] => {
  const faults: SettingsFault[] = []
  visit(document, {
    Alias: (_key, node) => {
      const line = node.range === null || node.range === undefined ? null : lines.linePos(node.range[0]).line
      faults.push({ key: '', line, found: null, problem: { kind: 'syntax', code: 'reserved-character' } })
    },
  })
  return faults
}

/** The line of the name at a place, or of the nearest section around it that does stand in the file. */
const lineFinder = (document: Document, lines: LineCounter) => {
  const lineAt = (offset: number | undefined) => (offset === undefined ? null : lines.linePos(offset).line)
  return (place: Place): number | null => {
    for (let length = place.length; length > 0; length -= 1) {
      const name = place[length - 1]
      const parent: unknown = length === 1 ? document.contents : document.getIn(place.slice(0, length - 1), true)
      if (isMap(parent)) {
        const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === name)
        if (pair !== undefined && isScalar(pair.key)) return lineAt(pair.key.range?.[0])
      } else {
        const node: unknown = document.getIn(place.slice(0, length), true)
        if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
          return lineAt(Number(node.range[0]))
        }
      }
    }
    return null
  }
}

/** `state:` with every line under it commented out is no value: the same as not written at all. */
const withoutNothing = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNothing(inner)]),
  )
}

type LineOf = (place: Place) => number | null

/** Looks into a value that may have any shape: these checks also run when something else in the file is wrong. */
const at = (value: unknown, name: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

const duplicateNames = (value: unknown, lineOf: LineOf): SettingsFault[] => {
  const outputs: unknown = at(value, 'outputs')
  const names = Array.isArray(outputs) ? outputs.map((output: unknown) => at(output, 'name')) : []
  return names.flatMap((name, index): SettingsFault[] => {
    const first = names.indexOf(name)
    if (first === index || typeof name !== 'string') return []
    const firstLine = lineOf(['outputs', first, 'name'])
    const line = lineOf(['outputs', index, 'name'])
    const key = `outputs[${index}].name`
    return [{ key, line, found: shown(key, name), problem: { kind: 'duplicate', firstLine } }]
  })
}

const CERTIFICATE_FILES = ['ca', 'certificate', 'key'] as const

const fileFault = (path: string): 'absent' | 'forbidden' | 'not-a-file' | null => {
  try {
    if (!statSync(path).isFile()) return 'not-a-file'
    accessSync(path, constants.R_OK)
    return null
  } catch (error) {
    const reason = fileReason(errorCode(error))
    return reason === 'failed' ? 'absent' : reason
  }
}

const certificateFaults = (value: unknown, folder: string, lineOf: LineOf): SettingsFault[] => {
  const broker = at(value, 'broker')
  const fault = (name: string, problem: SettingsFault['problem']): SettingsFault => {
    return { key: `broker.${name}`, line: lineOf(['broker', name]), found: null, problem }
  }
  const faults = CERTIFICATE_FILES.flatMap((name) => {
    const path = at(broker, name)
    if (typeof path !== 'string') return []
    // A whole key pasted in place of its file name must not come back in the error.
    if (path.includes('-----') || /\p{Cc}/u.test(path))
      return [fault(name, { kind: 'file', path: '', reason: 'not-a-path' })]
    const reason = fileFault(resolve(folder, path))
    return reason === null ? [] : [fault(name, { kind: 'file', path: resolve(folder, path), reason })]
  })
  const has = (name: string) => at(broker, name) !== undefined
  if (has('certificate') && !has('key')) faults.push(fault('certificate', { kind: 'incomplete', needs: 'broker.key' }))
  if (has('key') && !has('certificate')) faults.push(fault('key', { kind: 'incomplete', needs: 'broker.certificate' }))
  return faults
}

/** Relative paths count from the folder of the file, so that a set of files can be moved as one. */
const withAbsolutePaths = (settings: Settings, folder: string): Settings => {
  const { broker, state, control, alerts, owner, speech } = settings
  const absolute = (name: 'ca' | 'certificate' | 'key') =>
    broker[name] === undefined ? {} : { [name]: resolve(folder, broker[name]) }
  return {
    ...settings,
    broker: { ...broker, ...absolute('ca'), ...absolute('certificate'), ...absolute('key') },
    state: { folder: resolve(folder, state.folder) },
    control: { socket: resolve(folder, control.socket) },
    alerts: {
      ...alerts,
      sources: alerts.sources.map((source) =>
        source.folder === undefined ? source : { ...source, folder: resolve(folder, source.folder) },
      ),
    },
    speech: {
      ...speech,
      ...(speech.words === undefined ? {} : { words: resolve(folder, speech.words) }),
      ...(speech.http?.secret === undefined
        ? {}
        : { http: { ...speech.http, secret: resolve(folder, speech.http.secret) } }),
    },
    ...(owner === undefined
      ? {}
      : { owner: { ...owner, folders: owner.folders.map((place) => resolve(folder, place)) } }),
  }
}

const languageOf = (value: unknown): 'vi' | 'en' | null => {
  if (typeof value !== 'object' || value === null || !('language' in value)) return null
  return value.language === 'vi' || value.language === 'en' ? value.language : null
}

const byLine = (one: SettingsFault, other: SettingsFault) => (one.line ?? Infinity) - (other.line ?? Infinity)

/** Never throws for what a file can hold; relative paths in the file are made absolute. */
export const loadSettings = (path: string = SETTINGS_FILE): Loaded => {
  const read = readText(path)
  if (read.kind === 'wrong') return { kind: 'wrong', faults: [read.fault], language: null }
  const lines = new LineCounter()
  const document = parseDocument(read.text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const unread = [...syntaxFaults(document, lines), ...aliasFaults(document, lines)]
  if (unread.length > 0) return { kind: 'wrong', faults: unread.sort(byLine), language: null }
  const value = withoutNothing(document.toJS() ?? {})
  const lineOf = lineFinder(document, lines)
  const folder = dirname(resolve(path))
  const further = [
    ...duplicateNames(value, lineOf),
    ...certificateFaults(value, folder, lineOf),
    ...policyFaults(value, { keyOf: placeText, lineOf }),
  ]
  const shape = checkShape(value)
  if (shape.kind === 'ok' && further.length === 0) {
    return { kind: 'ok', settings: withAbsolutePaths(shape.settings, folder) }
  }
  const inShape = shape.kind === 'ok' ? [] : shape.faults
  const faults = inShape.map(({ place, found, problem }) => {
    return { key: placeText(place), line: lineOf(place), found, problem }
  })
  return { kind: 'wrong', faults: [...faults, ...further].sort(byLine), language: languageOf(value) }
}
