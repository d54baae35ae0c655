import type { Words } from '../words.ts'

const help = `loa calibrate – đo độ trễ từ card âm thanh ra tới loa, và mức âm thanh thu lại được

Cách dùng: sudo systemctl stop loa
           loa calibrate [TUỲ CHỌN]

Phát vài đợt tiếng ồn qua một đầu ra và thu lại bằng dây nối vòng hoặc micrô.
Kết quả là latencyMs và capture.gainDb để ghi vào tệp thiết lập.

  --output TÊN        Đầu ra; nếu không ghi thì lấy loa đầu tiên trong tệp thiết lập
  --capture THIẾT_BỊ  Thiết bị thu của ALSA (arecord -L); nếu không ghi thì lấy outputs[].capture.device
  --level DB          Tiếng ồn to bao nhiêu, từ -60 đến -6 dBFS (mặc định -26). Nên bắt đầu nhỏ
  --times N           Số đợt, từ 2 đến 20 (mặc định 5)
  --metres M          Từ loa đến micrô bao nhiêu mét: thời gian âm thanh đi quãng đó không tính cho card
  --now               Không báo trước năm giây
  --write             Ghi kết quả vào tệp thiết lập; chú thích được giữ nguyên
  --settings TỆP      Tệp thiết lập (mặc định /etc/loa/loa.yaml)
  --json              Trả lời bằng JSON
  --lang vi|en        Ngôn ngữ

Mã thoát: 0 đo được · 1 không đo được · 2 không hiểu lệnh`

export const calibrate: Words['calibrate'] = {
  help,
  warning: (seconds) => `Sau ${seconds} giây loa sẽ phát tiếng ồn. Nhấn Ctrl-C để dừng.`,
  measuring: ({ output, device, capture }) => `Đầu ra ${output} (${device}), thu bằng ${capture}:`,
  round: ({ round, times, delayMs, gainDb, confidence }) =>
    `  ${round}/${times}  trễ ${delayMs} ms   mức ${gainDb} dB   độ tin ${confidence}`,
  missed: ({ round, times }) => `  ${round}/${times}  không nghe thấy`,
  result: ({ latencyMs, spreadMs, gainDb, spreadDb, rounds }) =>
    `Độ trễ ${latencyMs} ms (lệch nhau tối đa ${spreadMs} ms), mức ${gainDb} dB (lệch ${spreadDb} dB), qua ${rounds} đợt.`,
  early: (ms) => `Âm thanh đến sớm hơn ${ms} ms so với lúc card báo phát; latencyMs không ghi được số âm nên để 0.`,
  unsteady: 'Các đợt lệch nhau quá 5 ms: card hoặc thiết bị thu không giữ nhịp đều. Hãy đo lại hoặc đổi thiết bị.',
  paste: 'Ghi các dòng này vào đầu ra đó trong tệp thiết lập:',
  written: (file) => `Đã ghi vào ${file}.`,
  after: 'Sau đó: sudo systemctl start loa',
  agentRuns: 'Chương trình đang chạy và giữ card âm thanh. Hãy dừng trước: sudo systemctl stop loa',
  noOutput: (asked, known) => `Không có loa “${asked}” trong tệp thiết lập. Chỉ có: ${known.join(', ') || 'không có'}`,
  noCapture: 'Thu bằng gì? Ghi --capture THIẾT_BỊ (xem arecord -L), hoặc outputs[].capture.device trong tệp thiết lập.',
  badNumber: ({ option, found, least, most }) => `${option}: đang là “${found}”, cần một số từ ${least} đến ${most}`,
  settingsWrong: (file) => `Tệp thiết lập chưa dùng được; xem lỗi bằng: loa config check ${file}`,
  nothingAtAll: (device) =>
    `${device} không thu được gì. Dây đã cắm vào ngõ vào chưa, ngõ vào có bị tắt tiếng không (alsamixer, F4), micrô đã có nguồn chưa?`,
  notHeard: (captureDb) =>
    `Có thu được âm thanh (${captureDb} dBFS) nhưng không phải tiếng vừa phát. Loa đã bật chưa? Đúng ngõ vào chưa? Thử to hơn: --level`,
  outputFailed: (detail) => `Không phát được: ${detail}`,
  captureFailed: (detail) => `Không thu được: ${detail}`,
  notWritten: (file, detail) => `Không ghi được ${file}: ${detail}. Hãy tự ghi các dòng trên, hoặc dùng sudo.`,
  stopped: 'Đã dừng. Không ghi gì.',
}
