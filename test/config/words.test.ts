/** The words: both languages say everything, and no sentence falls apart. */
import t from 'tap'
import { faultLine, sayFault } from '../../config/check.ts'
import { EXAMPLES, nearest, settingKey, SETTING_KEYS } from '../../config/keys.ts'
import { bytes, cut, duration, moment, plain, width, wrapped } from '../../config/page.ts'
import { localeLanguage, wordsOf } from '../../config/words/language.ts'
import type { Problem, SettingsFault } from '../../config/fault.ts'
import { load } from './settings-file.ts'

const VIETNAMESE = /[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]/i

const PROBLEMS: Problem[] = [
  { kind: 'unreadable', reason: 'absent' },
  { kind: 'unreadable', reason: 'forbidden' },
  { kind: 'unreadable', reason: 'not-a-file' },
  { kind: 'unreadable', reason: 'too-large' },
  { kind: 'unreadable', reason: 'failed' },
  { kind: 'syntax', code: 'tab' },
  { kind: 'missing' },
  { kind: 'unknown', nearest: 'device', elsewhere: null, known: ['device'] },
  { kind: 'unknown', nearest: null, elsewhere: 'broker.url', known: ['device'] },
  { kind: 'unknown', nearest: null, elsewhere: 'outputs[].url', known: ['device'] },
  { kind: 'unknown', nearest: null, elsewhere: null, known: ['device'] },
  { kind: 'wrong-type', expected: 'text', actual: 'number' },
  { kind: 'wrong-type', expected: 'number', actual: 'text' },
  { kind: 'wrong-type', expected: 'section', actual: 'list' },
  { kind: 'out-of-range', minimum: 1, maximum: 9 },
  { kind: 'out-of-range', minimum: 1, maximum: null },
  { kind: 'out-of-range', minimum: null, maximum: 9 },
  { kind: 'malformed' },
  { kind: 'not-one-of', allowed: ['a', 'b'] },
  { kind: 'wrong-count', minimum: 1, maximum: 16 },
  { kind: 'duplicate', firstLine: 3 },
  { kind: 'duplicate', firstLine: null },
  { kind: 'file', path: '/etc/loa/ca.crt', reason: 'absent' },
  { kind: 'file', path: '/etc/loa/ca.crt', reason: 'forbidden' },
  { kind: 'file', path: '/etc/loa/ca.crt', reason: 'not-a-file' },
  { kind: 'file', path: '', reason: 'not-a-path' },
  { kind: 'incomplete', needs: 'broker.key' },
  { kind: 'either', names: ['folder', 'feed'], given: 'both' },
  { kind: 'either', names: ['folder', 'feed'], given: 'neither' },
  { kind: 'unknown-zone' },
  { kind: 'unknown-output', known: [] },
  { kind: 'unknown-output', known: ['horn', 'board'] },
  { kind: 'unencrypted' },
  { kind: 'taken', firstLine: 3 },
  { kind: 'taken', firstLine: null },
  { kind: 'line-differs', firstLine: 3 },
  { kind: 'line-differs', firstLine: null },
]

t.test('every problem says what is wrong and what to do, in both languages', async (t) => {
  for (const language of ['vi', 'en'] as const) {
    for (const problem of PROBLEMS) {
      const fault: SettingsFault = { key: 'broker.url', line: 3, found: 'x', problem }
      const said = sayFault(fault, '/etc/loa/loa.yaml', wordsOf(language))
      const text = `${said.wrong} ${said.next} ${said.expected ?? ''}`
      t.ok(said.wrong.length > 5 && said.next.length > 5, `${language} ${problem.kind}`)
      t.notMatch(text, /undefined|null|\[object|NaN/)
      t.equal(VIETNAMESE.test(said.wrong + said.next), language === 'vi', `${language}: ${said.wrong}`)
    }
  }
})

t.test('every setting is explained in both languages', async (t) => {
  for (const key of SETTING_KEYS) {
    t.match(wordsOf('vi').settings[key].meaning, VIETNAMESE)
    t.notMatch(wordsOf('en').settings[key].meaning, VIETNAMESE)
  }
})

t.test('every example is accepted where it is shown', async (t) => {
  const folder = t.testdir({ f: 'x' })
  const at = (key: keyof typeof EXAMPLES) => EXAMPLES[key]
  const text = `device: ${at('device')}
area: ${at('area')}
groups: ${at('groups')}
trust: { root: ${at('trust.root')} }
broker: { url: "${at('broker.url')}", keepaliveSeconds: ${at('broker.keepaliveSeconds')} }
outputs:
  - name: ${at('outputs[].name')}
    medium: ${at('outputs[].medium')}
    device: ${at('outputs[].device')}
    latencyMs: ${at('outputs[].latencyMs')}
    gainDb: ${at('outputs[].gainDb')}
    rateHz: ${at('outputs[].rateHz')}
    channels: ${at('outputs[].channels')}
  - name: board
    medium: picture
    videoOutput: ${at('outputs[].videoOutput')}
    display: ${at('outputs[].display')}
    width: ${at('outputs[].width')}
    height: ${at('outputs[].height')}
  ${at('outputs').replace('horn', 'other')}
state:
  ${at('state')}
media:
  quotaBytes: ${at('media.quotaBytes')}
  fileBytesMax: ${at('media.fileBytesMax')}
heartbeat: { seconds: ${at('heartbeat.seconds')} }
amplifiers:
  - name: ${at('amplifiers[].name')}
    outputs: ${at('amplifiers[].outputs')}
    warmUpSeconds: ${at('amplifiers[].warmUpSeconds')}
    coolDownSeconds: ${at('amplifiers[].coolDownSeconds')}
    minimumOnSeconds: ${at('amplifiers[].minimumOnSeconds')}
    modbus:
      line: ${at('amplifiers[].modbus.line')}
      baudRate: ${at('amplifiers[].modbus.baudRate')}
      parity: ${at('amplifiers[].modbus.parity')}
      stopBits: ${at('amplifiers[].modbus.stopBits')}
      unit: ${at('amplifiers[].modbus.unit')}
      timeoutMs: ${at('amplifiers[].modbus.timeoutMs')}
      retries: ${at('amplifiers[].modbus.retries')}
      pollSeconds: ${at('amplifiers[].modbus.pollSeconds')}
      power:
        kind: ${at('amplifiers[].modbus.power.kind')}
        address: ${at('amplifiers[].modbus.power.address')}
        on: ${at('amplifiers[].modbus.power.on')}
        off: ${at('amplifiers[].modbus.power.off')}
        readBack: ${at('amplifiers[].modbus.power.readBack')}
      readings:
        - name: ${at('amplifiers[].modbus.readings[].name')}
          kind: ${at('amplifiers[].modbus.readings[].kind')}
          address: ${at('amplifiers[].modbus.readings[].address')}
          type: ${at('amplifiers[].modbus.readings[].type')}
          wordOrder: ${at('amplifiers[].modbus.readings[].wordOrder')}
          scale: ${at('amplifiers[].modbus.readings[].scale')}
          unit: ${at('amplifiers[].modbus.readings[].unit')}
          minimum: ${at('amplifiers[].modbus.readings[].minimum')}
          maximum: ${at('amplifiers[].modbus.readings[].maximum')}
          whileOn: ${at('amplifiers[].modbus.readings[].whileOn')}
          bits:
            - bit: ${at('amplifiers[].modbus.readings[].bits[].bit')}
              name: ${at('amplifiers[].modbus.readings[].bits[].name')}
              alarmAt: ${at('amplifiers[].modbus.readings[].bits[].alarmAt')}
  - name: second
    gpio:
      chip: ${at('amplifiers[].gpio.chip')}
      line: ${at('amplifiers[].gpio.line')}
      activeLow: ${at('amplifiers[].gpio.activeLow')}
  - { name: third, gpio: ${at('amplifiers[].gpio').replace('17', '18')} }
  - { name: fourth, modbus: { ${at('amplifiers[].modbus')}, baudRate: 9600, parity: even, stopBits: 1, timeoutMs: 1000, power: ${at('amplifiers[].modbus.power')} } }
  ${at('amplifiers').replace('tang-am', 'fifth').replace('17', '19')}
clock: { source: ${at('clock.source')} }
control: { socket: ${at('control.socket')} }
log: { level: ${at('log.level')} }
language: ${at('language')}
`
  t.match(load(folder, text), { kind: 'ok' })
})

t.test('one fault is one line for a log', async (t) => {
  const fault: SettingsFault = { key: 'device', line: 4, found: null, problem: { kind: 'missing' } }
  t.equal(
    faultLine(fault, '/etc/loa/loa.yaml', wordsOf('en')),
    '/etc/loa/loa.yaml:4 · device · This setting is missing. · Add it, for instance: device: loa-02215-0007',
  )
})

t.test('the locale chooses the language in the order of POSIX', async (t) => {
  t.equal(localeLanguage({ LANG: 'vi_VN.UTF-8' }), 'vi')
  t.equal(localeLanguage({ LANG: 'vi' }), 'vi')
  t.equal(localeLanguage({ LANG: 'en_GB.UTF-8', LC_ALL: 'vi_VN' }), 'vi')
  t.equal(localeLanguage({ LANG: 'vi_VN', LC_ALL: 'C' }), 'en')
  t.equal(localeLanguage({ LANG: 'vi_VN', LC_ALL: '', LC_MESSAGES: '' }), 'vi')
  t.equal(localeLanguage({ LANG: 'vietnam' }), 'en')
  t.equal(localeLanguage({}), 'en')
})

t.test('a name is suggested when it is near, and not when it is not', async (t) => {
  t.equal(nearest('devise', ['area', 'device']), 'device')
  t.equal(nearest('Key-Alive_seconds', ['keepaliveSeconds']), 'keepaliveSeconds')
  t.equal(nearest('password', ['url', 'ca', 'certificate', 'key']), null)
  t.equal(nearest('x', []), null)
})

t.test('a place is known as its setting', async (t) => {
  t.equal(settingKey('outputs[12].gainDb'), 'outputs[].gainDb')
  t.equal(settingKey('groups[3]'), 'groups')
  t.equal(settingKey('toString'), null)
  t.equal(settingKey(''), null)
})

t.test('text from outside cannot command the terminal', async (t) => {
  t.equal(plain('a\u001b[2Jb\u0007\r\nc\u202ed'), 'a [2Jb c d')
})

t.test('letters with several marks take one column', async (t) => {
  t.equal(width('Tiếng Việt'.normalize('NFD')), 10)
  t.equal(cut('Tiếng Việt', 5), 'Tiến…')
  t.equal(cut('Tiếng', 5), 'Tiếng')
})

t.test('lines break between words and stay set in', async (t) => {
  const text = wrapped('mot hai ba bon nam sau bay tam chin muoi', { columns: 40, colour: false }, 10)
  t.equal(text, 'mot hai ba bon nam sau bay tam\n          chin muoi')
})

t.test('sizes and durations are short', async (t) => {
  const [vi, en] = [wordsOf('vi'), wordsOf('en')]
  t.equal(bytes(0, en), '0 B')
  t.equal(bytes(999, en), '999 B')
  t.equal(bytes(1_500, vi), '1,5 kB')
  t.equal(bytes(4_000_000_000, en), '4 GB')
  t.equal(duration(999, en), '0 s')
  t.equal(duration(133_000, en), '2 min 13 s')
  t.equal(duration(3_600_000, vi), '1 giờ')
  t.equal(duration(3 * 86_400_000 + 4 * 3_600_000 + 59_000, vi), '3 ngày 4 giờ')
})

t.test('a moment shows its day only when it is another one', async (t) => {
  const now = Date.parse('2026-11-21T05:00:00+07:00')
  t.match(moment('2026-11-21T05:30:00+07:00', now, wordsOf('en')), /^\d\d:30$/)
  t.match(moment('2026-11-23T05:30:00+07:00', now, wordsOf('en')), /^\d\d:30 2[23]\/11\/2026$/)
  t.equal(moment('soon', now, wordsOf('en')), 'soon')
})
