import type { Words } from '../words.ts'

export const amplifier: Words['amplifier'] = {
  none: 'Thiết bị này không bật tắt hay đọc tăng âm nào: docs/amplifier.md chỉ cách khai báo trong thiết lập.',
  power: { on: 'đang bật', off: 'đang tắt', unknown: 'không rõ có điện hay không' },
  always: 'không do thiết bị bật tắt',
  wanted: (power) => `lẽ ra ${power}`,
  tripped: (name) => `báo ${name}`,
  unread: 'không đọc được',
  readAt: (moment) => `đọc lúc ${moment}`,
  switched: (times) => `đã bật ${times} lần`,
  heldOn: (name, minutes) => `${name} được bật trong ${minutes} phút, sau đó lại theo chương trình.`,
  letGo: (name) => `${name} lại theo chương trình. Khi đang phát thì vẫn bật.`,
  unknownName: (name, known) =>
    known.length === 0
      ? `Không có tăng âm ${name}: thiết lập đang chạy không khai báo tăng âm nào.`
      : `Không có tăng âm ${name}. Chọn một trong: ${known.join(', ')}`,
  cannotSwitch: (name) => `${name} chỉ được đọc: thiết lập không có gpio hay modbus.power.`,
  failed: (name, detail) => `${name}: ${detail}`,
  usage:
    'Cách gõ: loa amplifier [TÊN] [on|off], hoặc: loa amplifier TÊN read coil|discrete|holding|input ĐỊA_CHỈ [SỐ_LƯỢNG]',
}
