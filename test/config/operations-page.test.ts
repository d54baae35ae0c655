/** Whoever reads a code on a box finds it in the manual, and in both languages. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import type { AlarmCode } from '../../agent/alarms.ts'
import { VERDICTS } from '../../config/doctor/findings.ts'
import { wordsOf } from '../../config/words/language.ts'
import type { FaultCode } from '../../player/ports/output.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'docs/operations.md'), 'utf8')

/** Complete by type: a code that is added does not compile until it stands here. */
const ALARMS: Record<AlarmCode, true> = {
  'output-absent': true,
  'output-restarting': true,
  'play-failed': true,
  'relay-degraded': true,
  'media-failed': true,
  'media-quota': true,
  overloaded: true,
  'store-repaired': true,
  'store-failed': true,
  'records-dropped': true,
  'clock-unsynced': true,
  'owner-content': true,
  'alert-words': true,
  'alert-source': true,
  'amplifier-fault': true,
  mixer: true,
  'not-heard': true,
  'heard-level': true,
  'capture-lost': true,
  'speech-engine': true,
  'speech-item': true,
}
const FAULTS: Record<FaultCode, true> = {
  'device-missing': true,
  'device-failed': true,
  'process-died': true,
  'process-hung': true,
  'media-unreadable': true,
  'media-unsupported': true,
  'stream-failed': true,
}

const hasRow = (code: string) => page.includes(`\n| \`${code}\` | `)

t.test('every alarm and every fault has a row in the manual and words in both languages', async (t) => {
  for (const code of [...Object.keys(ALARMS), ...Object.keys(FAULTS)]) {
    t.ok(hasRow(code), `${code} has a row`)
    t.type(wordsOf('vi').faultCodes[code], 'string')
    t.type(wordsOf('en').faultCodes[code], 'string')
  }
})

t.test('every line of the doctor that is not right has a row, with its mark', async (t) => {
  const marks = { wrong: '✗', warning: '!', unknown: '!' }
  for (const [code, verdict] of Object.entries(VERDICTS)) {
    if (verdict !== 'right') t.ok(page.includes(`\n| \`${code}\` | ${marks[verdict]} | `), code)
  }
})
