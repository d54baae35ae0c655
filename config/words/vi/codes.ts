import type { Words } from '../words.ts'

/** Faults of outputs, then alarms, by their codes on the wire. */
export const faultCodes: Words['faultCodes'] = {
  'device-missing': 'không tìm thấy thiết bị',
  'device-failed': 'thiết bị hỏng',
  'process-died': 'tiến trình phát bị dừng',
  'process-hung': 'tiến trình phát bị treo',
  'media-unreadable': 'không đọc được tệp',
  'media-unsupported': 'loại tệp không phát được',
  'stream-failed': 'luồng trực tiếp bị lỗi',
  'output-absent': 'đầu ra không có thiết bị',
  'output-restarting': 'trình phát cứ dừng và phải khởi động lại',
  'play-failed': 'có chương trình không phát được',
  'relay-degraded': 'tiếp sóng không lấy được từ nguồn thứ nhất',
  'media-failed': 'có tệp không tải được',
  'media-quota': 'không đủ chỗ cho mọi tệp',
  overloaded: 'quá nhiều bản tin cùng một lúc',
  'store-repaired': 'cơ sở dữ liệu bị hỏng, đã tạo lại từ đầu',
  'store-failed': 'không ghi được cơ sở dữ liệu',
  'records-dropped': 'mất báo cáo vì hết chỗ',
  'owner-content': 'có nội dung của chủ bảng không phát được',
  'clock-unsynced': 'đồng hồ chưa được xác nhận',
  'alert-words': 'lời của một cảnh báo bị thiếu hoặc không đúng bản thu đã gửi',
  'speech-engine': 'giọng khác đang đọc thay, hoặc có từ trong bảng của xã bị bỏ qua',
  'speech-item': 'một văn bản không đọc được thành tiếng hoặc dài hơn thời lượng',
  'alert-source': 'thư mục hoặc nguồn tin cảnh báo không đọc được hoặc không an toàn',
}
