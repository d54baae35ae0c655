/** Sounds to try the ear on, at 8 kHz and full scale 1: voices from espeak-ng, made-up music, streets, rooms, clocks that drift. */
import { spawnSync } from 'node:child_process'

export const RATE_HZ = 8_000
/** In [0, 1). */
export type Chance = () => number

const SENTENCES = [
  'Đài truyền thanh xã xin kính chào bà con. Sau đây là bản tin buổi sáng, phát vào lúc năm giờ ba mươi phút hằng ngày.',
  'Uỷ ban nhân dân xã thông báo lịch tiêm phòng cho trẻ em tại trạm y tế, từ bảy giờ đến mười một giờ sáng thứ bảy tuần này.',
  'Mực nước sông đang lên nhanh. Bà con ở vùng trũng khẩn trương đưa người già và trẻ nhỏ lên nhà văn hoá thôn.',
  'Giá lúa hôm nay tăng nhẹ. Hợp tác xã nông nghiệp đề nghị bà con thu hoạch sớm trước đợt mưa lớn cuối tuần.',
  'Tối nay tại sân vận động có chương trình văn nghệ quần chúng. Kính mời bà con đến xem và cổ vũ.',
  'Nhà máy nước sẽ tạm ngừng cấp nước từ tám giờ đến mười hai giờ để sửa chữa đường ống. Mong bà con thông cảm.',
]
const VOICES = ['vi', 'vi-vn-x-central', 'vi-vn-x-south', 'vi+f3']

const samplesOf = (bytes: Buffer): Float32Array => {
  const count = Math.floor(bytes.length / 2)
  return Float32Array.from({ length: count }, (_, at) => bytes.readInt16LE(at * 2) / 32_768)
}

const program = (name: string, args: string[], input?: Buffer): Buffer => {
  const ran = spawnSync(name, args, { input, maxBuffer: 64_000_000 })
  if (ran.status !== 0) throw new Error(`${name} failed: ${ran.error?.message ?? ran.stderr.toString()}`)
  return ran.stdout
}

/** Every sentence by every voice, one long reading for each voice. */
export const readings = (): Float32Array[] =>
  VOICES.map((voice) => {
    const wav = program('espeak-ng', ['-v', voice, '--stdout', SENTENCES.join('\n')])
    return samplesOf(program('ffmpeg', ['-v', 'error', '-i', '-', '-f', 's16le', '-ac', '1', '-ar', '8000', '-'], wav))
  })

const NOTES = [0, 2, 4, 7, 9]

/** Plucked notes of a five-tone scale with overtones, over a beat. */
export const music = (seconds: number, chance: Chance): Float32Array => {
  const out = new Float32Array(seconds * RATE_HZ)
  const beat = Math.round(RATE_HZ * (0.2 + 0.3 * chance()))
  const root = 150 + 150 * chance()
  for (let from = 0; from < out.length; from += beat) {
    for (let voice = 0; voice < 3; voice += 1) {
      const octave = Math.floor(chance() * 3)
      const semitone = (NOTES[Math.floor(chance() * NOTES.length)] ?? 0) + 12 * octave
      const frequency = root * 2 ** (semitone / 12)
      const loudness = 0.1 + 0.1 * chance()
      for (let at = 0; at < 2 * beat && from + at < out.length; at += 1) {
        const turn = (2 * Math.PI * frequency * at) / RATE_HZ
        const fading = loudness * Math.exp((-3 * at) / beat)
        out[from + at] =
          (out[from + at] ?? 0) + fading * (Math.sin(turn) + 0.5 * Math.sin(2 * turn) + 0.3 * Math.sin(3 * turn))
      }
    }
    for (let at = 0; at < 400 && from + at < out.length; at += 1)
      out[from + at] = (out[from + at] ?? 0) + 0.1 * (chance() - 0.5) * Math.exp(-at / 100)
  }
  return out
}

export const rain = (samples: number, chance: Chance): Float32Array =>
  Float32Array.from({ length: samples }, () => chance() + chance() + chance() - 1.5)

/** Engines: low, and swelling as they pass. */
export const traffic = (samples: number, chance: Chance): Float32Array => {
  let slow = 0
  let slower = 0
  const period = (3 + 5 * chance()) * RATE_HZ
  return Float32Array.from({ length: samples }, (_, at) => {
    slow = 0.75 * slow + (chance() - 0.5)
    slower = 0.9 * slower + slow
    return (slower + slow) * (1 + 0.7 * Math.sin((2 * Math.PI * at) / period))
  })
}

export const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length))

export const scaled = (samples: Float32Array, gain: number): Float32Array => samples.map((sample) => sample * gain)

export const mixed = (one: Float32Array, other: Float32Array): Float32Array =>
  one.map((sample, at) => sample + (other[at] ?? 0))

/** Walls around a square: a direct path, and a thousand echoes that fade by 60 dB in `fadeMs`. */
export const reverberated = (samples: Float32Array, fadeMs: number, chance: Chance): Float32Array => {
  const out = samples.slice()
  const echoes = 60
  for (let echo = 0; echo < echoes; echo += 1) {
    const delay = Math.round((chance() * fadeMs * RATE_HZ) / 1_000)
    const gain = (chance() < 0.5 ? -0.35 : 0.35) * 10 ** ((-3 * delay) / ((fadeMs * RATE_HZ) / 1_000))
    for (let at = delay; at < out.length; at += 1) out[at] = (out[at] ?? 0) + gain * (samples[at - delay] ?? 0)
  }
  return out
}

/** As a converter takes it whose clock is so much too fast, from `delay` samples (a fraction, too) before. */
export const delayed = (samples: Float32Array, delay: number, driftPpm: number): Float32Array => {
  const step = 1 / (1 + driftPpm / 1e6)
  const count = samples.length + Math.ceil(delay)
  return Float32Array.from({ length: count }, (_, at) => {
    const from = at * step - delay
    const first = Math.floor(from)
    const share = from - first
    // Cubic: a straight line between two samples would take away what is high.
    const [a, b, c, d] = [-1, 0, 1, 2].map((next) => samples[first + next] ?? 0) as [number, number, number, number]
    return b + 0.5 * share * (c - a + share * (2 * a - 5 * b + 4 * c - d + share * (3 * (b - c) + d - a)))
  })
}
