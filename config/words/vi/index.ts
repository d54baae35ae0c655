import type { Words } from '../words.ts'
import { amplifier } from './amplifier.ts'
import { calibrate } from './calibrate.ts'
import { doctor } from './doctor.ts'
import { faults } from './faults.ts'
import { faultCodes } from './codes.ts'
import { live } from './live.ts'
import { schedule } from './schedule.ts'
import { sound } from './sound.ts'
import { settings } from './settings.ts'

const help = `loa – phần mềm trong cụm loa truyền thanh và bảng tin điện tử công cộng

Cách dùng: loa LỆNH [TUỲ CHỌN]

  loa status               Thiết bị đang làm gì, sắp tới làm gì
  loa schedule [NGÀY]      Lịch phát của thiết bị: hôm nay, ngày mai (tomorrow)…
  loa schedule why [ĐẦU RA] [NGÀY] [GIỜ]
                           Lúc đó phát gì, thay cho cái gì, vì sao
  loa amplifier [TÊN] [on|off]
                           Tình trạng tăng âm; bật tay trong mười phút
  loa amplifier TÊN read LOẠI ĐỊA_CHỈ [SỐ_LƯỢNG]
                           Đọc các thanh ghi Modbus
  loa doctor               Kiểm tra thiết bị; mỗi lỗi kèm theo việc cần làm
  loa config check [TỆP]   Kiểm tra thiết lập; chỉ ra mọi lỗi cùng một lúc
  loa calibrate            Đo độ trễ của card và mức âm thanh micrô thu được
                           (loa calibrate --help)
  loa say CHỮ [--to TỆP.wav] [--voice north|central|south] [--language MÃ]
                           Cách một văn bản được đọc; thêm --to để ghi thành tiếng
  loa live                 Nói trực tiếp qua thiết bị này (loa live --help)
  loa version              Phiên bản của phần mềm
  loa --help               Trang này

Tuỳ chọn
  --settings TỆP    Tệp thiết lập (mặc định /etc/loa/loa.yaml)
  --json            status, schedule, amplifier, doctor và config check: trả lời dạng JSON
  --lang vi|en      Ngôn ngữ (mặc định: theo thiết lập, rồi theo máy)

Mã kết thúc: 0 mọi thứ đều tốt · 1 có lỗi · 2 không hiểu lệnh`

export const vi: Words = {
  locale: 'vi-VN',
  labels: { line: 'dòng', found: 'Đang là', expected: 'Cần là', next: 'Việc cần làm' },
  settings,
  faults,
  check: {
    right: (file) => `${file} đúng.`,
    wrong: (file, count) => `${file} có ${count} lỗi.`,
    summary: {
      device: 'Thiết bị',
      area: 'Địa bàn',
      broker: 'Máy chủ',
      outputs: 'Đầu ra',
      encrypted: 'có mã hoá',
      unencrypted: 'KHÔNG mã hoá',
    },
    afterRight: 'Chương trình đọc tệp này khi khởi động: sudo systemctl restart loa',
    afterWrong: (file) => `Sửa bằng lệnh: sudo nano ${file}`,
  },
  durations: { day: 'ngày', hour: 'giờ', minute: 'phút', second: 'giây' },
  media: { sound: 'loa', picture: 'màn hình' },
  status: {
    running: (duration) => `đã chạy ${duration}`,
    headings: {
      now: 'Đang phát',
      sound: 'Âm thanh',
      amplifiers: 'Tăng âm',
      next: 'Sắp tới',
      box: 'Thiết bị',
      schedules: 'Lịch phát',
      alarms: 'Cảnh báo',
    },
    rows: {
      clock: 'Đồng hồ',
      broker: 'Hệ thống nguồn',
      cache: 'Kho nội dung',
      outbox: 'Báo cáo',
      version: 'Phiên bản',
    },
    playing: (heard) => `đã phát ${heard}`,
    over: 'đè lên',
    idle: 'im lặng',
    muted: 'tắt tiếng',
    heard: {
      heard: (levelDb) => `bên ngoài nghe thấy${levelDb === null ? '' : ` (${levelDb > 0 ? '+' : ''}${levelDb} dB)`}`,
      'not-heard': () => 'bên ngoài KHÔNG nghe thấy',
      unsure: () => 'chưa rõ bên ngoài có nghe thấy không',
    },
    level: (gainDb) => `${String(gainDb).replace('.', ',')} dB`,
    outputStates: { ready: 'sẵn sàng', absent: 'không có thiết bị', restarting: 'đang khởi động lại' },
    restarts: (count) => `đã khởi động lại ${count} lần`,
    nothingNext: 'chưa có chương trình nào',
    startsIn: (duration) => `còn ${duration}`,
    clockTrust: {
      unsynced: 'chưa được xác nhận: chương trình phải đợi, thông báo khẩn cấp thì không',
      holdover: 'đã từng được xác nhận, nay tự chạy',
      synced: 'được máy chủ thời gian xác nhận',
    },
    connected: (protocol) => `đã kết nối (MQTT ${protocol})`,
    disconnected: 'mất kết nối; thiết bị vẫn phát những gì đã có',
    reconnects: (count) => `đã kết nối lại ${count} lần`,
    cache: ({ files, used, quota, percent }) => `${files} tệp, ${used} trên ${quota} (${percent} %)`,
    cacheWanted: (files) => `còn ${files} tệp phải tải`,
    outboxEmpty: 'đã gửi hết',
    outboxWaiting: (count) => `còn ${count} báo cáo chờ gửi`,
    scheduleStates: { pending: 'đang đợi', current: 'có hiệu lực' },
    revision: (revision) => `bản ${revision}`,
    noSchedule: 'chưa nhận được lịch nào',
    since: (moment) => `từ ${moment}`,
    absent: {
      wrong: (socket) => `Chương trình không chạy: không ai trả lời ở ${socket}`,
      next: [
        'Khởi động:            sudo systemctl start loa',
        'Xem vì sao dừng:      journalctl -u loa -n 50',
        'Kiểm tra thiết bị:    sudo loa doctor',
      ],
    },
    forbidden: {
      wrong: (socket, user) => `Người dùng ${user} không được hỏi chương trình (${socket})`,
      next: [
        'Lần này:              sudo loa status',
        'Cấp quyền lâu dài:    sudo usermod -aG loa $USER   (rồi đăng nhập lại)',
      ],
    },
    silent: {
      wrong: (socket) =>
        `Chương trình có chạy nhưng không trả lời (${socket}). Hệ thống sẽ tự khởi động lại nó trong vòng một phút`,
      next: ['Xem chuyện gì:        journalctl -u loa -n 50', 'Không muốn đợi:       sudo systemctl restart loa'],
    },
    malformed: {
      wrong: (detail) => `Không hiểu câu trả lời của chương trình: ${detail}`,
      next: ['Sau khi cập nhật, hãy khởi động lại:  sudo systemctl restart loa'],
    },
  },
  faultCodes,
  doctor,
  amplifier,
  sound,
  live,
  calibrate,
  schedule,
  say: {
    written: (file, seconds) => `Đã ghi vào ${file}, dài ${seconds} giây.`,
    unwritten: (file, reason) => `Không ghi được ${file}: ${reason}`,
    failed: (error) => `Không đọc thành tiếng được: ${error}`,
    standsIn: (detail) => `Không phải giọng ghi trong cấu hình: ${detail}`,
  },
  command: {
    help,
    unknownCommand: (command) => (command === '' ? 'Bạn muốn chạy lệnh nào?' : `Không có lệnh “${command}”.`),
    unknownOption: (detail) => `Không hiểu: ${detail}`,
    seeHelp: 'Gõ loa --help để xem các lệnh.',
    seeLiveHelp: 'Gõ loa live --help để xem cách dùng.',
    version: (version, node) => `loa ${version} (Node.js ${node})`,
  },
}
