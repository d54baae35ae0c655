/** The words of the terminal, in Vietnamese and English. Constant sentences; what varies is given to them. */
import type { AcknowledgementMessage, AsRunRecord, StateMessage } from '../../agent/protocol/uplink.ts'
import type { ChainBreakReason } from './chain-check.ts'

export type Language = 'vi' | 'en'

type Words = {
  online: string
  offline: string
  causes: Record<StateMessage['cause'], string>
  area: string
  nothingPlays: string
  volume: string
  clock: string
  outboxWaiting: string
  filesReady: (ready: number, wanted: number) => string
  faults: string
  ended: Record<AsRunRecord['ended'], string>
  heard: string
  late: (ms: number) => string
  early: (ms: number) => string
  notHeard: string
  again: string
  conflict: string
  alarmRaised: string
  alarmCleared: string
  outcomes: Record<AcknowledgementMessage['outcome'], string>
  unreadMessage: string
  refusedUplink: string
  overlaps: (count: number) => string
  overlap: (clash: { output: string; moment: string; plays: string; waits: string }) => string
  chain: Record<ChainBreakReason, string>
  receiptFailed: string
  overloaded: (count: number) => string
  lineUp: string
  lineDown: string
  serving: (url: string) => string
  watching: (area: string, broker: string) => string
  published: string
  speaker: {
    passphrase: (charactersMin: number) => string
    again: string
    noPassphrase: string
    tooShort: (charactersMin: number) => string
    differs: string
    made: (facts: { file: string; area: string; until: string }) => string
    revocable: (x: string) => string
  }
  live: {
    offered: (address: string) => string
    stopUnsent: (detail: string, seconds: number) => string
  }
  report: {
    title: (day: string) => string
    columns: [string, string, string, string, string, string, string]
    missing: string
    due: string
    nothingPlanned: string
    unplanned: string
    /** What a box with a capture source heard of it. */
    outside: { heard: string; 'not-heard': string }
    totals: (planned: number, played: number, missing: number) => string
    chainWhole: (records: number) => string
    chainBroken: string
    alarmsOpen: string
    refused: (count: number) => string
  }
}

const en: Words = {
  online: 'online',
  offline: 'OFFLINE',
  causes: { birth: 'connected', will: 'connection lost', shutdown: 'shut down in order' },
  area: 'area',
  nothingPlays: 'nothing plays',
  volume: 'volume',
  clock: 'clock',
  outboxWaiting: 'reports waiting',
  filesReady: (ready, wanted) => `files ${ready} ready, ${wanted} to fetch`,
  faults: 'faults',
  ended: {
    finished: 'finished',
    'pre-empted': 'pre-empted',
    stopped: 'stopped',
    failed: 'FAILED',
    'power-lost': 'POWER LOST',
    missed: 'MISSED',
  },
  heard: 'heard',
  late: (ms) => `${ms} ms late`,
  early: (ms) => `${ms} ms early`,
  notHeard: 'nothing was heard or seen',
  again: 'came again, counted once',
  conflict: 'SAME ID WITH OTHER CONTENT, refused',
  alarmRaised: 'ALARM',
  alarmCleared: 'alarm over',
  outcomes: { accepted: 'accepted', current: 'in force', refused: 'REFUSED', dropped: 'DROPPED' },
  unreadMessage: 'a message that could not be read',
  refusedUplink: 'REFUSED a report',
  overlaps: (count) => `programmes of it CLASH (${count})`,
  overlap: ({ output, moment, plays, waits }) => `${output} ${moment}: ${plays} plays, ${waits} waits`,
  chain: {
    altered: 'CHAIN BROKEN: the record is not what the box wrote',
    gap: 'CHAIN BROKEN: records are missing',
    unlinked: 'CHAIN BROKEN: the record follows on another one',
    behind: 'has records that are not here yet',
  },
  receiptFailed: 'the receipt could not be sent',
  overloaded: (count) => `too much at once: ${count} reports dropped, the boxes will send them again`,
  lineUp: 'connected to the broker',
  lineDown: 'the line to the broker is down, connecting again',
  serving: (url) => `serving media at ${url}`,
  watching: (area, broker) => `watching ${area} at ${broker}; end with Ctrl-C`,
  published: 'published',
  speaker: {
    passphrase: (charactersMin) =>
      `Passphrase for the speaker file (at least ${charactersMin} characters, not shown): `,
    again: 'Once more: ',
    noPassphrase: 'no passphrase was given',
    tooShort: (charactersMin) => `the passphrase has fewer than ${charactersMin} characters`,
    differs: 'the two passphrases differ',
    made: ({ file, area, until }) =>
      `${file} lets its owner speak at every box of ${area} until ${until}, and nothing else. Copy it to /etc/loa/speaker.jwe of a box, or onto a stick: \`loa live --speaker FILE\`.`,
    revocable: (x) => `If it is lost: headend revoke ${x}`,
  },
  live: {
    offered: (address) => `Boxes fetch the sound from ${address}`,
    stopUnsent: (detail, seconds) =>
      `the stop could not be sent (${detail}); boxes notice that the source is gone and end it by themselves after ${seconds} s`,
  },
  report: {
    title: (day) => `Planned against played, ${day}`,
    columns: ['start', 'programme', 'device', 'output', 'heard', 'started', 'how it ended'],
    missing: 'MISSING',
    due: 'due',
    nothingPlanned: 'Nothing was planned.',
    unplanned: 'Outside the schedule:',
    outside: { heard: 'heard outside', 'not-heard': 'NOT HEARD OUTSIDE' },
    totals: (planned, played, missing) => `${planned} planned and due, ${played} played, ${missing} missing`,
    chainWhole: (records) => `The chain of ${records} records is whole.`,
    chainBroken: 'Breaks in the chain of records:',
    alarmsOpen: 'Alarms that are not over:',
    refused: (count) => `${count} reports were refused.`,
  },
}

const vi: Words = {
  online: 'đang kết nối',
  offline: 'MẤT KẾT NỐI',
  causes: { birth: 'vừa kết nối', will: 'đứt kết nối', shutdown: 'tắt đúng quy trình' },
  area: 'địa bàn',
  nothingPlays: 'không phát gì',
  volume: 'âm lượng',
  clock: 'đồng hồ',
  outboxWaiting: 'báo cáo chờ gửi',
  filesReady: (ready, wanted) => `tệp: ${ready} sẵn sàng, ${wanted} cần tải`,
  faults: 'sự cố',
  ended: {
    finished: 'phát xong',
    'pre-empted': 'bị chen ngang',
    stopped: 'bị dừng',
    failed: 'LỖI',
    'power-lost': 'MẤT ĐIỆN',
    missed: 'BỎ LỠ',
  },
  heard: 'đã phát',
  late: (ms) => `trễ ${ms} ms`,
  early: (ms) => `sớm ${ms} ms`,
  notHeard: 'không nghe hoặc thấy gì',
  again: 'gửi lại, chỉ tính một lần',
  conflict: 'TRÙNG MÃ NHƯNG KHÁC NỘI DUNG, từ chối',
  alarmRaised: 'CẢNH BÁO',
  alarmCleared: 'hết cảnh báo',
  outcomes: { accepted: 'đã nhận', current: 'đang có hiệu lực', refused: 'TỪ CHỐI', dropped: 'BỎ QUA' },
  unreadMessage: 'một bản tin không đọc được',
  refusedUplink: 'TỪ CHỐI một báo cáo',
  overlaps: (count) => `các chương trình TRÙNG GIỜ nhau (${count})`,
  overlap: ({ output, moment, plays, waits }) => `${output} ${moment}: phát ${plays}, ${waits} phải đợi`,
  chain: {
    altered: 'CHUỖI NHẬT KÝ BỊ ĐỨT: bản ghi không còn như cụm loa đã viết',
    gap: 'CHUỖI NHẬT KÝ BỊ ĐỨT: thiếu bản ghi',
    unlinked: 'CHUỖI NHẬT KÝ BỊ ĐỨT: bản ghi nối vào một bản ghi khác',
    behind: 'còn bản ghi chưa gửi về',
  },
  receiptFailed: 'không gửi được xác nhận',
  overloaded: (count) => `quá tải: bỏ ${count} báo cáo, cụm loa sẽ gửi lại`,
  lineUp: 'đã kết nối máy chủ MQTT',
  lineDown: 'mất kết nối máy chủ MQTT, đang kết nối lại',
  serving: (url) => `cung cấp tệp tại ${url}`,
  watching: (area, broker) => `theo dõi ${area} tại ${broker}; nhấn Ctrl-C để kết thúc`,
  published: 'đã phát hành',
  speaker: {
    passphrase: (charactersMin) =>
      `Mật khẩu cho tệp người nói (ít nhất ${charactersMin} ký tự, không hiện trên màn hình): `,
    again: 'Nhập lại: ',
    noPassphrase: 'chưa nhập mật khẩu',
    tooShort: (charactersMin) => `mật khẩu ngắn hơn ${charactersMin} ký tự`,
    differs: 'hai lần nhập mật khẩu không giống nhau',
    made: ({ file, area, until }) =>
      `${file} cho phép người giữ nói trực tiếp ở mọi thiết bị của ${area} đến hết ${until}, ngoài ra không làm được gì khác. Chép tệp thành /etc/loa/speaker.jwe trên thiết bị, hoặc vào USB: \`loa live --speaker TỆP\`.`,
    revocable: (x) => `Nếu mất tệp: headend revoke ${x}`,
  },
  live: {
    offered: (address) => `Các thiết bị lấy âm thanh từ ${address}`,
    stopUnsent: (detail, seconds) =>
      `không gửi được lệnh dừng (${detail}); các thiết bị sẽ nhận ra nguồn đã mất và tự kết thúc sau ${seconds} giây`,
  },
  report: {
    title: (day) => `Kế hoạch và thực phát, ${day}`,
    columns: ['bắt đầu', 'chương trình', 'thiết bị', 'đầu ra', 'đã phát', 'khởi phát', 'kết thúc'],
    missing: 'KHÔNG PHÁT',
    due: 'chưa tới giờ',
    nothingPlanned: 'Không có chương trình nào theo kế hoạch.',
    unplanned: 'Ngoài lịch phát:',
    outside: { heard: 'bên ngoài nghe thấy', 'not-heard': 'BÊN NGOÀI KHÔNG NGHE THẤY' },
    totals: (planned, played, missing) => `${planned} lần phát đã tới giờ, ${played} đã phát, ${missing} không phát`,
    chainWhole: (records) => `Chuỗi ${records} bản ghi còn nguyên vẹn.`,
    chainBroken: 'Chuỗi nhật ký bị đứt tại:',
    alarmsOpen: 'Cảnh báo chưa hết:',
    refused: (count) => `${count} báo cáo đã bị từ chối.`,
  },
}

export const wordsOf = (language: Language): Words => (language === 'vi' ? vi : en)
export type { Words }

/** By the locale of the environment (POSIX order), unless the settings say otherwise. */
export const languageOf = (environment: NodeJS.ProcessEnv, setting: Language | undefined): Language => {
  if (setting !== undefined) return setting
  const locale = [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']].find(
    (value) => value !== undefined && value !== '',
  )
  return locale?.startsWith('vi') === true ? 'vi' : 'en'
}
