/** What the demo says, in Vietnamese and English. Constant sentences; what varies is given to them. */
import type { AsRunRecord } from '../../agent/protocol/uplink.ts'
import type { Language } from '../head-end/words.ts'
import type { CheckName } from './finding.ts'
import { SECONDS_MAX, SECONDS_MIN, type WrongOption } from './options.ts'

export type Words = {
  help: string
  wrong: (wrong: WrongOption) => string
  title: string
  subtitle: string
  samplesMade: (bulletin: string, tune: string, film: string) => string
  makingSamples: string
  card: { real: string; virtual: string }
  screen: { real: (size: string) => string; virtual: (size: string) => string }
  ownBroker: string
  givenBroker: string
  headEnd: string
  agentStarted: string
  online: (version: string) => string
  mediaReady: (files: number) => string
  published: (revision: number) => string
  current: string
  planned: string
  columns: [string, string, string, string, string]
  interrupts: string
  rounds: (seconds: number) => string
  endWithCtrlC: string
  countdown: (seconds: string) => string
  due: string
  plays: string
  resumes: string
  record: string
  legend: string
  outputs: Record<'cabinet' | 'board', string>
  kinds: Record<'sound' | 'speech' | 'still' | 'video' | 'text' | 'stream', string>
  priorities: { urgent: string; normal: string }
  ended: Record<AsRunRecord['ended'], string>
  heard: string
  seen: string
  restOf: (second: string) => string
  alarm: string
  silent: string
  next: string
  stopping: string
  stopped: string
  waiting: (seconds: number) => string
  checking: string
  checks: Record<CheckName, string>
  allRight: (count: number) => string
  notRight: (wrong: number, count: number) => string
  nothingWhole: string
  left: (folder: string) => string
  failed: string
  interrupted: string
  wait: Record<'birth' | 'media' | 'current' | 'records', string>
}

const vi: Words = {
  help: `scripts/demo — chạy thử Loa ngay trên máy này

  scripts/demo                          nghe, xem, theo dõi cho tới khi nhấn Ctrl-C
  scripts/demo --for GIÂY [--out DIR]   chạy tự động trên thiết bị ảo, tự kiểm tra kết quả
                                        (từ ${SECONDS_MIN} đến ${SECONDS_MAX} giây)
  scripts/demo --broker mqtt://MÁY:CỔNG dùng máy chủ MQTT có sẵn thay cho máy chủ nhúng

Thư mục DIR sẽ có: sound.wav, board.png, asrun.jsonl, heartbeat.jsonl, schedule.json.
Mã kết thúc 0: mọi thứ trong lịch đã thực sự được phát.`,
  wrong: (wrong) => {
    switch (wrong.kind) {
      case 'unknown':
        return `Không hiểu dòng lệnh: ${wrong.detail}`
      case 'seconds-malformed':
        return `--for cần một số giây nguyên, không phải “${wrong.found}”.`
      case 'seconds-too-few':
        return `${wrong.found} giây là quá ngắn: cần ít nhất ${SECONDS_MIN} giây để phát hết một lượt chương trình.`
      case 'seconds-too-many':
        return `${wrong.found} giây là quá dài: nhiều nhất ${SECONDS_MAX} giây, vì bản thu được giữ trong bộ nhớ.`
      case 'broker-malformed':
        return `--broker cần một địa chỉ như mqtt://127.0.0.1:1883, không phải “${wrong.found}”.`
    }
  },
  title: 'Loa',
  subtitle: 'một cụm loa, một bảng tin, một hệ thống nguồn — trên máy này',
  makingSamples: 'Đang làm tệp mẫu: bản tin đọc, bản nhạc, áp phích, phim…',
  samplesMade: (bulletin, tune, film) => `Tệp mẫu: bản tin ${bulletin} · bản nhạc ${tune} · áp phích · phim ${film}`,
  card: { real: 'Âm thanh: card của máy này', virtual: 'Âm thanh: card ảo, có thu lại' },
  screen: {
    real: (size) => `Hình ảnh: cửa sổ ${size}`,
    virtual: (size) => `Hình ảnh: màn hình ảo ${size}`,
  },
  ownBroker: 'Máy chủ MQTT nhúng',
  givenBroker: 'Máy chủ MQTT có sẵn',
  headEnd: 'Hệ thống nguồn, tệp phát tại',
  agentStarted: 'Phần mềm cụm loa',
  online: (version) => `Cụm loa đã kết nối (${version})`,
  mediaReady: (files) => `Cụm loa đã tải và kiểm tra mã băm ${files} tệp; loa và bảng sẵn sàng`,
  published: (revision) => `Đã ký và phát hành lịch, bản ${revision}`,
  current: 'Cụm loa đã xác minh chữ ký; lịch có hiệu lực',
  planned: 'Lịch phát',
  columns: ['giờ', 'đầu ra', 'chương trình', 'ưu tiên', 'dài'],
  interrupts: 'chen ngang',
  rounds: (seconds) => `Lặp lại mỗi ${seconds} giây.`,
  endWithCtrlC: 'Nhấn Ctrl-C để kết thúc.',
  countdown: (seconds) => `Phát sau ${seconds} giây`,
  due: 'đến giờ',
  plays: 'đang phát',
  resumes: 'phát tiếp',
  record: 'nhật ký',
  legend: '○ đến giờ theo lịch   ▶ cụm loa đang phát   ■ bản ghi nhật ký phát về tới hệ thống nguồn',
  outputs: { cabinet: 'loa', board: 'bảng' },
  kinds: { sound: 'âm thanh', speech: 'lời đọc', still: 'ảnh', video: 'phim', text: 'chữ', stream: 'tiếp sóng' },
  priorities: { urgent: 'khẩn cấp', normal: 'thông thường' },
  ended: {
    finished: 'phát xong',
    'pre-empted': 'bị chen ngang',
    stopped: 'bị dừng',
    failed: 'LỖI',
    'power-lost': 'MẤT ĐIỆN',
    missed: 'BỎ LỠ',
  },
  heard: 'đã phát',
  seen: 'đã chiếu',
  restOf: (second) => `tiếp từ giây ${second}`,
  alarm: 'CẢNH BÁO',
  silent: 'im lặng',
  next: 'kế tiếp',
  stopping: 'Đang dừng mọi thứ…',
  stopped: 'Đã dừng hết; không để lại tiến trình nào.',
  waiting: (seconds) => `còn ${seconds} giây`,
  checking: 'Đối chiếu: lịch đã đặt với những gì đã thực sự nghe và thấy',
  checks: {
    record: 'nhật ký',
    fault: 'sự cố',
    'tone-starts': 'tiếng vào đúng lúc',
    'tone-sounds': 'có tiếng nhạc suốt đoạn',
    'tone-silent': 'nhạc im khi bản tin đọc',
    voice: 'có tiếng đọc bản tin',
    quiet: 'im lặng sau khi hết',
    recorded: 'bản thu trọn vẹn',
    poster: 'ảnh áp phích trên bảng',
    film: 'phim trên bảng',
    'film-moves': 'phim chuyển động',
    slide: 'trang chữ trên bảng',
    ticker: 'dòng chữ chạy trên bảng',
  },
  allRight: (count) => `Cả ${count} điều kiểm tra đều đúng: những gì đã đặt đều đã thực sự phát.`,
  notRight: (wrong, count) => `${wrong} trong ${count} điều kiểm tra KHÔNG đúng.`,
  nothingWhole: 'Dừng trước khi hết một lượt: chưa có gì để đối chiếu.',
  left: (folder) => `Kết quả nằm trong ${folder}`,
  failed: 'Chạy thử không thành công',
  interrupted: 'Bị ngắt giữa chừng.',
  wait: {
    birth: 'cụm loa không kết nối được tới máy chủ MQTT',
    media: 'cụm loa chưa tải xong tệp, hoặc loa hay bảng chưa sẵn sàng',
    current: 'cụm loa không nhận lịch',
    records: 'nhật ký phát chưa về đủ',
  },
}

const en: Words = {
  help: `scripts/demo — try Loa on this machine

  scripts/demo                          hear it, see it, watch it, until Ctrl-C
  scripts/demo --for SECONDS [--out DIR]  unattended, on virtual devices; checks itself
                                        (${SECONDS_MIN} to ${SECONDS_MAX} seconds)
  scripts/demo --broker mqtt://HOST:PORT  uses a broker that is there instead of the embedded one

DIR then holds sound.wav, board.png, asrun.jsonl, heartbeat.jsonl and schedule.json.
Exit code 0: all that was asked was really played.`,
  wrong: (wrong) => {
    switch (wrong.kind) {
      case 'unknown':
        return `The command line cannot be understood: ${wrong.detail}`
      case 'seconds-malformed':
        return `--for takes a whole number of seconds, not “${wrong.found}”.`
      case 'seconds-too-few':
        return `${wrong.found} seconds are too few: the demo needs at least ${SECONDS_MIN} seconds to air one whole round.`
      case 'seconds-too-many':
        return `${wrong.found} seconds are too many: at most ${SECONDS_MAX}, because the recording is held in memory.`
      case 'broker-malformed':
        return `--broker takes an address such as mqtt://127.0.0.1:1883, not “${wrong.found}”.`
    }
  },
  title: 'Loa',
  subtitle: 'a loudspeaker cabinet, a board and a head-end — on this machine',
  makingSamples: 'Making sample media: a spoken bulletin, a tune, a poster, a film…',
  samplesMade: (bulletin, tune, film) => `Samples: bulletin ${bulletin} · tune ${tune} · poster · film ${film}`,
  card: { real: 'Sound: the card of this machine', virtual: 'Sound: a virtual card, recorded' },
  screen: { real: (size) => `Picture: a window of ${size}`, virtual: (size) => `Picture: a virtual screen of ${size}` },
  ownBroker: 'Embedded MQTT broker',
  givenBroker: 'MQTT broker',
  headEnd: 'Head-end, serving media at',
  agentStarted: 'Agent',
  online: (version) => `The box is connected (${version})`,
  mediaReady: (files) => `The box has fetched and hashed ${files} files; cabinet and board are ready`,
  published: (revision) => `Schedule signed and published, revision ${revision}`,
  current: 'The box has verified the signature; the schedule is in force',
  planned: 'The schedule',
  columns: ['at', 'output', 'programme', 'priority', 'length'],
  interrupts: 'interrupts',
  rounds: (seconds) => `Repeats every ${seconds} seconds.`,
  endWithCtrlC: 'End with Ctrl-C.',
  countdown: (seconds) => `On air in ${seconds} s`,
  due: 'due',
  plays: 'plays',
  resumes: 'goes on',
  record: 'record',
  legend: '○ due by the schedule   ▶ plays on the box   ■ as-run record arrived at the head-end',
  outputs: { cabinet: 'cabinet', board: 'board' },
  kinds: { sound: 'sound', speech: 'speech', still: 'still', video: 'video', text: 'text', stream: 'stream' },
  priorities: { urgent: 'urgent', normal: 'normal' },
  ended: {
    finished: 'finished',
    'pre-empted': 'pre-empted',
    stopped: 'stopped',
    failed: 'FAILED',
    'power-lost': 'POWER LOST',
    missed: 'MISSED',
  },
  heard: 'heard',
  seen: 'seen',
  restOf: (second) => `from its second ${second}`,
  alarm: 'ALARM',
  silent: 'silent',
  next: 'next',
  stopping: 'Stopping everything…',
  stopped: 'Everything has stopped; no process is left.',
  waiting: (seconds) => `${seconds} s to go`,
  checking: 'What was asked, against what was really heard and seen',
  checks: {
    record: 'on record',
    fault: 'fault',
    'tone-starts': 'the tune comes in in time',
    'tone-sounds': 'the tune sounds throughout',
    'tone-silent': 'the tune is silent under the bulletin',
    voice: 'the bulletin is spoken',
    quiet: 'silence afterwards',
    recorded: 'the recording is whole',
    poster: 'the poster is on the board',
    film: 'the film is on the board',
    'film-moves': 'the film moves',
    slide: 'the text slide is on the board',
    ticker: 'the ticker runs under it',
  },
  allRight: (count) => `All ${count} checks are right: what was asked was really played.`,
  notRight: (wrong, count) => `${wrong} of ${count} checks FAILED.`,
  nothingWhole: 'Ended before the first round was over: nothing to check yet.',
  left: (folder) => `The results are in ${folder}`,
  failed: 'The demo failed',
  interrupted: 'Interrupted.',
  wait: {
    birth: 'the box did not connect to the broker',
    media: 'the box has not fetched its media, or its cabinet or board is not ready',
    current: 'the box did not take the schedule',
    records: 'not all as-run records arrived',
  },
}

export const demoWords = (language: Language): Words => (language === 'vi' ? vi : en)
