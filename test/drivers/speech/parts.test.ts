import t from 'tap'
import { languagesIn, lookup } from '../../../drivers/speech/language.ts'
import { speakable, TEXT_CHARACTERS_MAX } from '../../../drivers/speech/text.ts'
import { durationMsOf, readWav, trimmed, wavOf } from '../../../drivers/speech/wav.ts'

t.test('the table of voices gives languages and their other names, without voices of other programs', async (t) => {
  const table = [
    'Pty Language       Age/Gender VoiceName          File                 Other Languages ',
    ' 5  vi              --/M      Vietnamese_(Northern) aav/vi               ',
    ' 5  vi-vn-x-south   --/M      Vietnamese_(Southern) aav/vi-VN-x-south    ',
    ' 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)',
    ' 3  en-uk           --/M      english-mb-en1     mb/mb-en1            (en-gb 3)(en 2)',
    ' 5  cmn             --/M      Chinese_(Mandarin)  sit/cmn              (zh-cmn 5)(zh 5)',
  ].join('\n')
  t.same(languagesIn(table), ['vi', 'vi-vn-x-south', 'en-gb', 'en', 'cmn', 'zh-cmn', 'zh'])
  t.same(languagesIn(''), [])
})

t.test(
  'a tag is cut from its end until there is a voice for it, and a single letter goes with what follows',
  async (t) => {
    const languages = ['vi', 'vi-vn-x-south', 'zh', 'en-gb']
    for (const [tag, voice] of [
      ['vi', 'vi'],
      ['VI', 'vi'],
      ['vi-VN', 'vi'],
      ['vi-VN-x-south', 'vi-vn-x-south'],
      ['vi-VN-x-north', 'vi'],
      ['zh-Hant-TW', 'zh'],
      ['en-GB-oed', 'en-gb'],
      ['en', null],
      ['v', null],
      ['', null],
    ] as const)
      t.equal(lookup(languages, tag), voice, tag)
  },
)

t.test('lines become sentences, and what is no word is left out', async (t) => {
  for (const [text, said] of [
    ['Mưa to\nGió lớn!', 'Mưa to. Gió lớn!'],
    ['Xem https://example.vn/a?b=c ngay', 'Xem ngay.'],
    ['a [[b]] <c> *d* #e_f', 'a b c d e f.'],
    ['một\u200bhai\u0007ba\u202e', 'một hai ba.'],
    ['  nhiều   \t khoảng trắng  ', 'nhiều khoảng trắng.'],
    ['e\u0302\u0301', 'ế.'],
    ['\n---\nlũ\n---\n', 'lũ.'],
    ['', ''],
  ] as const)
    t.equal(speakable(text), said)
})

t.test('a text that is too long ends with a sentence, or at least with a word', async (t) => {
  const sentences = speakable('Lũ đang lên. '.repeat(1_000))
  t.ok(sentences.length <= TEXT_CHARACTERS_MAX && sentences.length > TEXT_CHARACTERS_MAX - 20)
  t.match(sentences, /Lũ đang lên\.$/)
  t.match(speakable('nước '.repeat(2_000)), /nước$/)
  t.equal(speakable('a'.repeat(10_000)).length, TEXT_CHARACTERS_MAX)
})

const RATE = 1_000
const pcmOf = (samples: number[]) => ({ samples: Int16Array.from(samples), rate: RATE })

t.test('silence goes from both ends, not from the middle, and the peak comes to −1 dBFS', async (t) => {
  const quiet = Array.from({ length: 500 }, () => 1)
  const word = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 1_000 : -1_000))
  const pcm = trimmed(pcmOf([...quiet, ...word, ...quiet, ...word, ...quiet]))!
  t.equal(durationMsOf(pcm), 40 + 100 + 500 + 100 + 40)
  t.equal(Math.max(...pcm.samples), 29_203)
  t.equal(trimmed(pcmOf(quiet)), null, 'nothing was said')
  t.equal(trimmed(pcmOf([])), null)
})

t.test(
  'a WAV reads back as it was written, whatever length it claims and whatever stands before its data',
  async (t) => {
    const pcm = pcmOf([1, -2, 32_767, -32_768])
    const wav = wavOf(pcm)
    t.same(readWav(wav), { kind: 'ok', pcm })
    const streamed = Buffer.from(wav)
    streamed.writeUInt32LE(0x7ffff000, 40)
    t.same(readWav(streamed), { kind: 'ok', pcm }, 'a stream that does not know its length')
    const list = Buffer.concat([Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')])
    t.same(readWav(Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36)])), { kind: 'ok', pcm })
  },
)

t.test('what is no WAV of one channel or two and 16 bits is malformed, wherever it is cut', async (t) => {
  const wav = wavOf(pcmOf([1, 2, 3]))
  for (let length = 0; length < 44; length += 1)
    t.equal(readWav(wav.subarray(0, length)).kind, 'malformed', `${length}`)
  const surround = Buffer.from(wav)
  surround.writeUInt16LE(6, 22)
  t.equal(readWav(surround).kind, 'malformed')
})
