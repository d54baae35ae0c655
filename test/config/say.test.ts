import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parseSpokenWords, readSpokenWords } from '../../config/spoken-words.ts'
import { RIGHT } from './settings-file.ts'

const LOA = resolve(import.meta.dirname, '../../config/loa.js')

const loa = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [LOA, ...args])
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !('stdout' in error)) throw error
    return { code: Number(error.code), out: String(error.stdout), err: 'stderr' in error ? String(error.stderr) : '' }
  }
}

t.test('loa say prints how a text is read, and writes it as sound', async (t) => {
  t.match(await loa('say', '--lang', 'vi', 'UBND họp 17h00 ngày 2-9'), {
    code: 0,
    out: 'ủy ban nhân dân họp mười bảy giờ ngày mùng hai tháng chín\n',
  })
  const file = join(t.testdir(), 'thu.wav')
  const said = await loa('say', '--lang', 'vi', '--voice', 'south', '--to', file, '105 hộ')
  t.match(said, { code: 0, out: /^một trăm lẻ năm hộ\nĐã ghi vào .*thu\.wav, dài \d/ })
  t.equal(readFileSync(file).toString('latin1', 0, 4), 'RIFF')
  t.match(await loa('say', '--lang', 'en', '--to', '/no/such/folder/x.wav', 'Chào'), {
    code: 1,
    out: /cannot be written/,
  })
  t.match(await loa('say', '--lang', 'en', '--to', file, '--language', 'mww', 'Nyob zoo'), {
    code: 1,
    out: /cannot be spoken: no voice speaks mww/,
  })
  for (const args of [[], ['--voice', 'west', 'x'], ['--what', 'x']])
    t.match(await loa('say', ...args), { code: 2, err: /\S/ }, args.join(' '))
})

t.test('loa config check names each wrong line of the commune’s words, and loa say uses the others', async (t) => {
  const folder = t.testdir()
  const [settings, words] = [join(folder, 'loa.yaml'), join(folder, 'words.yaml')]
  writeFileSync(settings, `${RIGHT}\nspeech: { words: words.yaml }\n`)
  writeFileSync(words, '# xã An Bình\nHTXNN: hợp tác xã nông nghiệp\n"/x": gạch\nNVH:\nHTXNN: lại\n1022: tổng đài\n')
  const checked = await loa('config', 'check', '--lang', 'vi', settings)
  t.equal(checked.code, 1)
  for (const line of [3, 4, 5]) t.match(checked.out.replaceAll(/\s+/g, ' '), new RegExp(`words\\.yaml, dòng ${line}:`))
  const said = await loa('say', '--lang', 'en', '--settings', settings, 'HTXNN gọi 1022')
  t.equal(said.code, 1)
  t.match(said.out, /^hợp tác xã nông nghiệp gọi tổng đài\n.*words\.yaml, line 3:/)
  writeFileSync(words, 'HTXNN: hợp tác xã nông nghiệp\n')
  t.equal((await loa('config', 'check', '--lang', 'vi', settings)).code, 0)
})

t.test('what is in the file is meant as it is written', (t) => {
  t.same(parseSpokenWords('1022: tổng đài\n5.10: năm mười\nP.5: phường Năm\n').words, [
    { written: '1022', spoken: 'tổng đài' },
    { written: '5.10', spoken: 'năm mười' },
    { written: 'P.5', spoken: 'phường Năm' },
  ])
  t.same(parseSpokenWords(''), { words: [], faults: [] })
  t.same(parseSpokenWords('- a\n- b\n').faults, [{ line: 1, reason: 'syntax' }])
  t.same(parseSpokenWords('A: b\nC: "d\n').faults.length, 1)
  t.same(readSpokenWords('/no/such/file').faults, [{ line: null, reason: 'absent' }])
  const many = Array.from({ length: 2_100 }, (_, index) => `W${index}: từ`).join('\n')
  t.same(parseSpokenWords(many).faults, [{ line: 2_001, reason: 'too-many' }])
  t.end()
})
