import type { SettingWords } from '../words.ts'
import type { SettingKey } from '../../keys.ts'

const section = 'một mục: các dòng bên dưới thụt vào hai dấu cách'

export const settings: Record<SettingKey, SettingWords> = {
  device: {
    meaning: 'Tên công khai cố định của thiết bị này, không trùng với thiết bị nào khác trong toàn hệ thống.',
    expected: '1 đến 48 chữ cái không dấu, chữ số và gạch nối, bắt đầu bằng chữ cái hoặc chữ số',
  },
  area: {
    meaning: 'Nơi lắp thiết bị: quốc gia, tỉnh, xã, thôn, từ lớn đến nhỏ.',
    expected: 'tối đa 10 phần gồm chữ thường không dấu, chữ số và gạch nối, ngăn cách bằng dấu /',
  },
  groups: {
    meaning: 'Các nhóm mà thiết bị cũng nghe theo, ví dụ chợ hay trường học trong địa bàn.',
    expected:
      'danh sách tối đa 32 tên gồm chữ thường không dấu, chữ số và gạch nối; tên toàn chữ số phải đặt trong ngoặc kép',
  },
  trust: { meaning: 'Thiết bị tin ai.', expected: section },
  'trust.root': {
    meaning:
      'Khoá công khai gốc, ghi vào lúc đăng ký thiết bị. Mọi bản tin phải được ký bằng khoá do khoá gốc uỷ quyền.',
    expected: '43 ký tự của khoá công khai (x trong JWK) mà hệ thống nguồn đã in ra; tuyệt đối không dùng khoá bí mật',
  },
  broker: { meaning: 'Đường kết nối tới hệ thống nguồn.', expected: section },
  'broker.url': {
    meaning: 'Địa chỉ máy chủ MQTT. mqtts có mã hoá; mqtt chỉ dùng để thử trên bàn.',
    expected: 'mqtts://, mqtt://, wss:// hoặc ws://, rồi tên hoặc địa chỉ máy chủ, có thể thêm cổng',
  },
  'broker.ca': {
    meaning: 'Tệp chứng thư của nơi cấp được tin cậy. Nếu không ghi thì dùng danh sách của hệ điều hành.',
    expected: 'đường dẫn tới một tệp PEM',
  },
  'broker.certificate': { meaning: 'Tệp chứng thư của thiết bị này.', expected: 'đường dẫn tới một tệp PEM' },
  'broker.key': {
    meaning: 'Tệp khoá bí mật của thiết bị này. Chỉ root và người dùng loa được đọc.',
    expected: 'đường dẫn tới một tệp PEM',
  },
  'broker.keepaliveSeconds': {
    meaning: 'Bao lâu thì phát hiện đường truyền đã đứt. Càng ngắn càng tốn dữ liệu di động.',
    expected: 'số giây, là số nguyên',
  },
  outputs: {
    meaning: 'Các loa và màn hình của thiết bị này.',
    expected: 'danh sách từ 1 đến 16 đầu ra, mỗi đầu ra bắt đầu bằng một dấu gạch nối',
  },
  'outputs[].name': {
    meaning: 'Tên đầu ra, không trùng nhau trên thiết bị này. Chương trình và nhật ký phát gọi đầu ra bằng tên này.',
    expected: '1 đến 32 chữ thường không dấu, chữ số và gạch nối, bắt đầu bằng chữ cái',
  },
  'outputs[].medium': { meaning: 'Đầu ra làm gì: sound là loa, picture là màn hình.', expected: 'sound hoặc picture' },
  'outputs[].device': {
    meaning: 'Chỉ cho loa. Tên thiết bị ALSA, như lệnh `aplay -L` liệt kê.',
    expected: 'một tên thiết bị trong danh sách mà lệnh `aplay -L` in ra',
  },
  'outputs[].latencyMs': {
    meaning: 'Chỉ cho loa. Độ trễ của loại card âm thanh và tăng âm này, tính bằng mili giây.',
    expected: 'số mili giây',
  },
  'outputs[].gainDb': {
    meaning: 'Chỉ cho loa. Mức âm lượng tính bằng đề-xi-ben: 0 là to nhất, −6 là nửa điện áp.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].videoOutput': {
    meaning: 'Chỉ cho màn hình. drm: xuất thẳng ra HDMI, dùng trên thiết bị thật. x11 và gpu: dùng trên máy để bàn.',
    expected: 'drm, x11 hoặc gpu',
  },
  'outputs[].display': {
    meaning: 'Chỉ cho màn hình dùng x11: màn hình X.',
    expected: 'tên màn hình X đặt trong ngoặc kép',
  },
  'outputs[].width': {
    meaning: 'Chỉ cho màn hình. Chiều rộng hình, tính bằng điểm ảnh.',
    expected: 'số điểm ảnh, là số nguyên',
  },
  'outputs[].height': {
    meaning: 'Chỉ cho màn hình. Chiều cao hình, tính bằng điểm ảnh.',
    expected: 'số điểm ảnh, là số nguyên',
  },
  state: { meaning: 'Những gì phải còn nguyên sau khi mất điện.', expected: section },
  'state.folder': {
    meaning: 'Thư mục cơ sở dữ liệu: lịch phát, nhật ký phát, nội dung đã tải.',
    expected: 'đường dẫn tới một thư mục',
  },
  media: { meaning: 'Kho nội dung đã tải về.', expected: section },
  'media.quotaBytes': {
    meaning: 'Dung lượng tối đa của nội dung trên thẻ nhớ, tính bằng byte.',
    expected: 'số byte, là số nguyên',
  },
  'media.fileBytesMax': {
    meaning: 'Tệp lớn nhất được phép tải, tính bằng byte.',
    expected: 'số byte, là số nguyên',
  },
  heartbeat: { meaning: 'Thiết bị báo cáo bao lâu một lần.', expected: section },
  'heartbeat.seconds': { meaning: 'Số giây giữa hai lần báo cáo.', expected: 'số giây, là số nguyên' },
  clock: { meaning: 'Lấy giờ từ đâu.', expected: section },
  'clock.source': {
    meaning: 'ntp: chỉ tin giờ khi máy chủ thời gian đã xác nhận. battery: đồng hồ có pin, tin ngay.',
    expected: 'ntp hoặc battery',
  },
  control: { meaning: 'Lệnh loa hỏi chương trình qua đâu.', expected: section },
  'control.socket': {
    meaning: 'Tệp kết nối (socket) của chương trình trên máy này.',
    expected: 'đường dẫn tới một socket, dài tối đa 107 byte',
  },
  log: { meaning: 'Những gì chương trình ghi vào nhật ký hệ thống.', expected: section },
  'log.level': { meaning: 'Mức thấp nhất được ghi.', expected: 'debug, info, warn hoặc error' },
  language: { meaning: 'Ngôn ngữ của lệnh loa. Nếu không ghi thì theo máy.', expected: 'vi hoặc en' },
}
