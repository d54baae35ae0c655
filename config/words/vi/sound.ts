import { soundParts } from '../../sound-line.ts'
import type { SoundFindings, SoundWords } from '../words.ts'

const comma = (value: number): string => String(value).replace('.', ',')
const signed = (value: number): string => `${value > 0 ? '+' : ''}${comma(value)}`
const outside = (levelDb: number | null): string => (levelDb === null ? '' : ` (${signed(levelDb)} dB)`)
const off = (lateMs: number): string => `${lateMs < 0 ? 'sớm' : 'trễ'} ${comma(Math.abs(lateMs))} ms`

export const sound: SoundWords = {
  timing: (lateMs) => (lateMs === null ? 'chưa rõ độ trễ' : off(lateMs)),
  gaps: (count) => (count === 0 ? 'không ngắt tiếng' : `ngắt tiếng ${count} lần`),
  level: (gainDb, isOrdered) => `${signed(gainDb)} dB${isOrdered ? ' theo lệnh' : ''}`,
  mixer: (found) => `mixer ${found}`,
  urgency: {
    'real-time': 'thời gian thực',
    nice: 'không theo thời gian thực',
    ordinary: 'không được ưu tiên',
  },
  heard: {
    heard: (levelDb) => `có nghe thấy${outside(levelDb)}`,
    'not-heard': () => 'KHÔNG nghe thấy',
    unsure: () => 'chưa rõ có nghe thấy không',
    nothing: () => 'chưa nghe thử lần nào',
  },
  power: { on: 'đang bật', off: 'đang tắt', unknown: 'không rõ điện', always: 'thiết bị không bật tắt' },
}

const CAUSES: Partial<Record<string, string>> = {
  'its source gave too little': 'nguồn phát cấp không kịp',
  'the box was too busy': 'thiết bị quá bận',
}

/** Each cause has its own remedy. */
const REMEDIES: Partial<Record<string, string>> = {
  'its source gave too little': 'Luồng phát hoặc thẻ nhớ chứa tệp quá chậm, xem: journalctl -u loa -n 50',
  'the box was too busy':
    'Xem chương trình nào chiếm bộ xử lý: top. Nguồn điện yếu hay thiết bị nóng? vcgencmd get_throttled',
}

export const soundFindings: SoundFindings = {
  'sound-well': ({ output, figures }) => ({ text: `${output}: ${soundParts(figures, sound).join(' · ')}`, next: null }),
  'sound-unheard': ({ output, at }) => ({
    text: `${output}: bên ngoài KHÔNG nghe thấy những gì đã phát (${at})`,
    next: 'Tăng âm có điện không, âm lượng đã mở chưa, dây ra loa có đứt không? docs/proof-of-sound.md',
  }),
  'sound-mute': ({ output }) => ({
    text: `${output}: đang bị tắt tiếng theo lệnh; chỉ thông báo khẩn cấp vẫn phát`,
    next: 'Chỉ hệ thống nguồn bỏ được lệnh này: command unmute',
  }),
  'sound-mixer': ({ output, control, device, detail }) => ({
    text: `${output}: mixer của card không đúng mức (${detail})`,
    next: `Xem mức hiện tại: amixer -D ${device} sget ${control}. Thường do: sudo systemctl disable --now alsa-restore`,
  }),
  'sound-gaps': ({ output, count, cause, at }) => ({
    text: `${output}: ngắt tiếng ${count} lần, lần cuối ${at}${cause === null ? '' : `: ${CAUSES[cause] ?? cause}`}`,
    next: REMEDIES[cause ?? ''] ?? 'journalctl -u loa -n 50',
  }),
  'sound-late': ({ output, lateMs }) => ({
    text: `${output}: ${off(lateMs)}; cạnh một cụm loa khác sẽ nghe thành tiếng vang`,
    next: 'Dùng chính card (plughw:…) làm device, rồi gõ: loa calibrate',
  }),
  'sound-not-urgent': ({ output, urgency }) => ({
    text: `${output}: tiến trình âm thanh không chạy theo thời gian thực (${urgency === 'nice' ? 'chỉ được ưu tiên hơn' : 'không được ưu tiên'}): khi thiết bị bận có thể bị ngắt tiếng`,
    next: 'Đã có chrt chưa (sudo apt-get install util-linux)? systemctl show loa -p LimitRTPRIO phải là 20; nếu không: scripts/install',
  }),
  'sound-levelled': ({ waiting }) => ({
    text:
      waiting === 0
        ? 'Độ to: mọi tệp đã được đo'
        : `Độ to: còn ${waiting} tệp chưa đo, đến lúc đó phát đúng như bản thu`,
    next: null,
  }),
  'sound-unlevelled': ({ waiting, failed }) => ({
    text: `Độ to: ${failed} tệp không đo được nên phát đúng như bản thu${waiting === 0 ? '' : `; còn ${waiting} tệp chưa đo`}`,
    next: 'Xem tệp nào: journalctl -u loa | grep "loudness not measured". Nên phát hành lại các tệp đó',
  }),
}
