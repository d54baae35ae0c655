import type { LiveWords } from '../../live/words.ts'

const refusals: LiveWords['refusals'] = {
  malformed: 'bản tin không đúng quy cách',
  'unknown-key': 'thiết bị không biết khoá này: khoá được cấp dưới một khoá gốc khác',
  'bad-signature': 'chữ ký không đúng',
  'not-its-area': 'khoá này không có thẩm quyền nói ở thiết bị này',
  'wrong-kind': 'khoá này không được phát trực tiếp',
  'above-its-priority': 'khoá này không được chen ngang chương trình',
  expired: 'quyền nói đã hết hạn, hoặc đồng hồ sai',
  replayed: 'thiết bị đã nhận bản tin mới hơn của khoá này',
  'too-large': 'bản tin quá dài',
}

const help = `loa live – nói trực tiếp qua thiết bị này

Cách dùng: loa live [--mic [MICRO] | --from TỆP] [TUỲ CHỌN]

  --mic [MICRO]     Micro (mặc định: micro hệ thống đang dùng). hw:1,0 và plughw:1,0 là của ALSA,
                    pulse hoặc pulse:TÊN là của PulseAudio; arecord -l liệt kê các micro
  --from TỆP        Phát một bản ghi âm thay cho micro
  --title CHỮ       Tên ghi trong báo cáo
  --for 30m         Tự kết thúc sau khoảng này (mặc định 1h)
  --outputs a,b     Chỉ những loa này
  --over            Nói đè lên chương trình đang phát: chương trình nhỏ tiếng đi, rồi trở lại như cũ
  --speaker TỆP     Tệp khoá của người nói (mặc định /etc/loa/speaker.jwe); máy sẽ hỏi mật khẩu
  --settings TỆP    Tệp thiết lập (mặc định /etc/loa/loa.yaml)
  --lang vi|en      Ngôn ngữ

Nhấn Ctrl-C để kết thúc; chương trình bị chen ngang sẽ phát tiếp. Thông báo khẩn cấp mạnh hơn và được phát trước.`

export const live: LiveWords = {
  help,
  defaultTitle: 'Phát trực tiếp',
  passphrase: 'Mật khẩu của tệp người nói (không hiện trên màn hình): ',
  faults: {
    'bad-duration': ({ found }) => ({
      wrong: `--for: “${found}” không phải là một khoảng thời gian.`,
      next: 'Viết như 90s, 30m hoặc 2h; nhiều nhất là 24h.',
    }),
    'two-sources': () => ({ wrong: 'Đã ghi cả --mic lẫn --from.', next: 'Chỉ chọn một.' }),
    'speaker-unreadable': ({ file, detail }) => ({
      wrong: `Không đọc được tệp người nói ${file} (${detail}).`,
      next: 'Chỉ ra tệp của bạn bằng --speaker. Hệ thống nguồn tạo tệp bằng lệnh: headend keys speaker',
    }),
    'speaker-damaged': ({ file }) => ({
      wrong: `${file} không phải tệp người nói, hoặc đã bị hỏng.`,
      next: 'Đề nghị hệ thống nguồn tạo tệp mới: headend keys speaker',
    }),
    'passphrase-missing': () => ({ wrong: 'Chưa nhập mật khẩu.', next: 'Hãy gõ mật khẩu của tệp.' }),
    'passphrase-wrong': ({ file }) => ({
      wrong: `Sai mật khẩu, hoặc tệp ${file} đã bị sửa.`,
      next: 'Hãy gõ lại; kiểm tra Caps Lock và bộ gõ tiếng Việt.',
    }),
    'speaker-early': ({ from }) => ({
      wrong: `Quyền nói chỉ bắt đầu từ ${from}.`,
      next: 'Nếu đã qua thời điểm đó thì đồng hồ của thiết bị sai: loa doctor',
    }),
    'speaker-ended': ({ until }) => ({
      wrong: `Quyền nói đã hết hạn lúc ${until}.`,
      next: 'Đề nghị hệ thống nguồn tạo tệp mới: headend keys speaker',
    }),
    'speaker-elsewhere': ({ area, box }) => ({
      wrong: `Tệp này cho phép nói ở ${area}; thiết bị này ở ${box}.`,
      next: 'Hãy dùng tệp dành cho nơi này.',
    }),
    'speaker-mute': () => ({
      wrong: 'Khoá này không được phát trực tiếp.',
      next: 'Đề nghị hệ thống nguồn tạo tệp người nói: headend keys speaker',
    }),
    'output-unknown': ({ name, known }) => ({
      wrong: `Thiết bị này không có loa nào tên “${name}”.`,
      next: `Các loa hiện có: ${known.join(', ')}`,
    }),
    'no-sound-output': () => ({ wrong: 'Thiết bị này không có loa.', next: 'Xem mục outputs trong thiết lập.' }),
    'ffmpeg-missing': () => ({ wrong: 'Máy chưa cài ffmpeg.', next: 'sudo apt install ffmpeg' }),
    'source-failed': ({ source, detail }) => ({
      wrong: `Không lấy được âm thanh từ ${source}: ${detail}`,
      next: 'Micro đã cắm chưa? arecord -l liệt kê các micro; chọn bằng --mic plughw:1,0',
    }),
    'source-silent': ({ source }) => ({
      wrong: `${source} đã mở nhưng không có âm thanh nào.`,
      next: 'Chọn micro khác bằng --mic; arecord -l liệt kê các micro.',
    }),
    'cannot-listen': ({ detail }) => ({
      wrong: `Không mở được cổng để truyền âm thanh: ${detail}`,
      next: 'Có buổi phát trực tiếp khác đang chạy ở đây không? Nếu có, hãy chọn cổng khác.',
    }),
    refused: ({ reason, detail }) => ({
      wrong: `Thiết bị từ chối: ${refusals[reason] ?? reason}.`,
      next: `Thiết bị trả lời: ${detail}`,
    }),
    busy: () => ({ wrong: 'Thiết bị đang quá tải.', next: 'Hãy thử lại sau giây lát.' }),
    'agent-gone': () => ({ wrong: 'Chương trình của thiết bị không còn chạy.', next: 'loa status' }),
    'stop-unsent': ({ seconds }) => ({
      wrong: 'Không báo được cho thiết bị là đã kết thúc.',
      next: `Thiết bị sẽ tự kết thúc: từ đây không còn âm thanh, sau ${seconds} giây nó sẽ nhận ra.`,
    }),
  },
  refusals,
  begun: (title) => `Mời nói: “${title}”`,
  howToEnd: 'Nhấn Ctrl-C để kết thúc.',
  onAir: 'ĐANG PHÁT',
  waiting: 'ĐANG ĐỢI',
  tooQuiet: 'nhỏ quá: hãy nói gần micro hơn',
  tooLoud: 'to quá',
  listeners: (count) => `${count} nơi đang nghe`,
  heardOn: (outputs) => `đang phát ra ${outputs.join(', ')}`,
  notHeard: 'chưa phát ra loa',
  confirmed: (count) => `${count} thiết bị đã nhận lệnh`,
  refusedBy: (device, reason) => `${device} từ chối: ${refusals[reason] ?? reason}`,
  ends: {
    asked: 'Đã kết thúc.',
    'end-of-file': 'Đã phát hết bản ghi âm.',
    'time-over': 'Đã hết thời gian.',
    'source-failed': 'Đã kết thúc: nguồn âm thanh bị lỗi.',
    'agent-gone': 'Đã kết thúc: thiết bị không còn trả lời.',
  },
}
