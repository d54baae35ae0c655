import type { ExpectedType, FaultText, FoundType, WordsFault } from '../../fault.ts'
import type { FaultWords } from '../words.ts'

const range = (minimum: number | null, maximum: number | null): string => {
  if (minimum === null) return maximum === null ? '' : `không quá ${maximum}`
  return maximum === null ? `từ ${minimum} trở lên` : `từ ${minimum} đến ${maximum}`
}

/** `4_000_000` and `"60"` are text to YAML. */
const isNumberAsText = (expected: ExpectedType, actual: FoundType) =>
  (expected === 'number' || expected === 'whole-number') && actual === 'text'

const foundTypes: FaultWords['foundTypes'] = {
  nothing: 'ô trống',
  text: 'chữ',
  number: 'một con số',
  'yes-no': 'true hoặc false',
  list: 'một danh sách',
  section: 'một mục',
}

const expectedTypes: FaultWords['expectedTypes'] = {
  text: 'chữ',
  number: 'một con số',
  'whole-number': 'một số nguyên',
  list: 'một danh sách',
  section: 'một mục',
}

const wordsReasons: Record<WordsFault, FaultText> = {
  absent: { wrong: 'không có tệp này.', next: 'Chép tệp vào đó hoặc sửa lại đường dẫn.' },
  forbidden: { wrong: 'không đọc được tệp này.', next: 'Chạy sudo chown root:loa và sudo chmod 0640 cho tệp đó.' },
  'too-large': { wrong: 'tệp lớn hơn 256 KiB.', next: 'Chỉ giữ trong tệp các từ riêng của xã.' },
  'too-many': { wrong: 'có hơn 2000 từ.', next: 'Bỏ bớt những từ không cần.' },
  syntax: { wrong: 'không đọc được dòng này.', next: 'Mỗi dòng ghi một từ:  chữ viết: cách đọc' },
  twice: { wrong: 'từ này ghi hai lần trong tệp.', next: 'Bỏ một trong hai dòng.' },
  written: {
    wrong: 'chữ viết phải bắt đầu bằng chữ cái hoặc chữ số và dài tối đa 60 ký tự.',
    next: 'Ghi đúng như trong văn bản:  HTXNN: hợp tác xã nông nghiệp',
  },
  spoken: {
    wrong: 'thiếu cách đọc, hoặc cách đọc dài hơn 200 ký tự.',
    next: 'Ghi cách đọc sau dấu hai chấm:  HTXNN: hợp tác xã nông nghiệp',
  },
}

const syntaxCodes: FaultWords['syntaxCodes'] = {
  indent: 'Dòng này thụt vào quá nhiều hoặc quá ít, hoặc thiếu dấu hai chấm. Hãy so với các dòng xung quanh.',
  tab: 'Đầu dòng có dấu tab. Hãy dùng dấu cách.',
  'duplicate-key': 'Tên này xuất hiện hai lần trong cùng một mục. Hãy bỏ một dòng.',
  'missing-character': 'Có dấu ngoặc mở mà chưa đóng, hoặc thiếu dấu phẩy.',
  'reserved-character': 'Giá trị bắt đầu bằng ký tự có nghĩa riêng (* & ! % @ `). Hãy đặt giá trị trong dấu ngoặc kép.',
  'not-understood': 'Dòng này không đúng cú pháp YAML. Giá trị có ký tự đặc biệt phải đặt trong dấu ngoặc kép.',
}

export const faults: FaultWords = {
  oneOf: (names) => `một trong: ${names.join(', ')}`,
  syntaxCodes,
  expectedTypes,
  foundTypes,
  unreadable: ({ reason }, { file }) => {
    switch (reason) {
      case 'absent':
        return {
          wrong: 'Không có tệp này.',
          next: `Chép tệp mẫu: sudo cp /opt/loa/current/systemd/loa.example.yaml ${file}`,
        }
      case 'forbidden':
        return { wrong: 'Bạn không có quyền đọc tệp này.', next: 'Chạy lại lệnh, thêm sudo ở đầu.' }
      case 'not-a-file':
        return { wrong: 'Đây không phải là tệp.', next: 'Hãy ghi đường dẫn tới chính tệp thiết lập.' }
      case 'too-large':
        return {
          wrong: 'Tệp này quá lớn, không phải tệp thiết lập.',
          next: 'Hãy ghi đường dẫn tới chính tệp thiết lập.',
        }
      case 'failed':
        return { wrong: 'Không đọc được tệp.', next: 'Thẻ nhớ có thể bị hỏng: xem `dmesg | tail`.' }
    }
  },
  syntax: ({ code }) => ({ wrong: 'Không hiểu được dòng này.', next: syntaxCodes[code] }),
  missing: (_problem, { name, section, example }) => ({
    wrong: 'Thiếu thiết lập này.',
    next: `Thêm vào${section === '' ? '' : ` mục ${section}`}, ví dụ: ${name}: ${example}`,
  }),
  unknown: ({ nearest, elsewhere }, { name }) => {
    const wrong = 'Ở đây không có thiết lập nào tên như vậy.'
    if (nearest !== null) return { wrong, next: `Có phải ý bạn là ${nearest}?` }
    if (elsewhere === null) return { wrong, next: 'Bỏ dòng này, hoặc tìm tên đúng trong docs/settings.md.' }
    const at = elsewhere.split('.').slice(0, -1).join('.')
    if (elsewhere === `outputs[].${name}`) {
      return { wrong: 'Thiết lập này dành cho loại đầu ra kia.', next: 'Bỏ dòng này, hoặc đổi medium.' }
    }
    return { wrong, next: at === '' ? `Phải viết sát lề trái: ${elsewhere}` : `Phải viết trong mục ${at}.` }
  },
  'wrong-type': ({ expected, actual }, { example }) => ({
    wrong: `Ở đây là ${foundTypes[actual]}, lẽ ra phải là ${expectedTypes[expected]}.`,
    next: isNumberAsText(expected, actual)
      ? `Chỉ viết chữ số, không ngoặc kép, không dấu ngăn cách: ${example}`
      : expected === 'text' && (actual === 'number' || actual === 'yes-no')
        ? 'Đặt giá trị trong dấu ngoặc kép.'
        : `Viết như sau: ${example}`,
  }),
  'out-of-range': ({ minimum, maximum }) => ({
    wrong: 'Con số nằm ngoài giới hạn.',
    next: `Chọn một số ${range(minimum, maximum)}.`,
  }),
  malformed: (_problem, { example }) => ({ wrong: 'Giá trị viết chưa đúng dạng.', next: `Ví dụ: ${example}` }),
  'not-one-of': ({ allowed }) => ({ wrong: 'Không có giá trị này.', next: `Chọn một trong: ${allowed.join(', ')}` }),
  'wrong-count': ({ minimum, maximum }) => ({
    wrong: 'Danh sách có quá ít hoặc quá nhiều phần tử.',
    next: `Số phần tử phải ${range(minimum, maximum)}.`,
  }),
  duplicate: ({ firstLine }) => ({
    wrong: firstLine === null ? 'Đã có đầu ra khác mang tên này.' : `Đầu ra ở dòng ${firstLine} cũng mang tên này.`,
    next: 'Đặt cho mỗi đầu ra một tên riêng.',
  }),
  file: ({ path, reason }) => {
    switch (reason) {
      case 'absent':
        return { wrong: `Không có tệp ${path}`, next: 'Chép tệp vào đó, hoặc sửa lại đường dẫn.' }
      case 'forbidden':
        return { wrong: `Không đọc được tệp: ${path}`, next: `sudo chown root:loa ${path} && sudo chmod 0640 ${path}` }
      case 'not-a-path':
        return {
          wrong: 'Ở đây là nội dung chứng thư hoặc khoá.',
          next: 'Hãy lưu nội dung vào một tệp, rồi ghi đường dẫn tới tệp đó.',
        }
      case 'not-a-file':
        return { wrong: `Đây là thư mục, không phải tệp: ${path}`, next: 'Hãy ghi đường dẫn tới chính tệp đó.' }
    }
  },
  incomplete: ({ needs }) => ({
    wrong: `Không dùng được nếu thiếu ${needs}.`,
    next: `Thêm ${needs}, hoặc bỏ dòng này.`,
  }),
  either: ({ names: [one, other], given }) =>
    given === 'both'
      ? { wrong: `Ở đây có cả ${one} và ${other}, chỉ được dùng một trong hai.`, next: 'Bỏ một trong hai.' }
      : { wrong: `Ở đây thiếu cả ${one} lẫn ${other}.`, next: `Thêm ${one} hoặc ${other}.` },
  'unknown-zone': (_problem, { example }) => ({
    wrong: 'Không có múi giờ này.',
    next: `Viết theo cơ sở dữ liệu tz, ví dụ: ${example}`,
  }),
  'unknown-output': ({ known }) => ({
    wrong: 'Thiết bị không có đầu ra nào mang tên này.',
    next: known.length === 0 ? 'Hãy đặt tên cho các đầu ra trước.' : `Chọn một trong: ${known.join(', ')}`,
  }),
  words: ({ path, line, reason }) => {
    const where = line === null ? path : `${path}, dòng ${line}`
    const { wrong, next } = wordsReasons[reason]
    return { wrong: `${where}: ${wrong}`, next }
  },
  unencrypted: () => ({
    wrong: 'Qua http, bất kỳ ai trên đường truyền cũng đọc được và đổi được nội dung.',
    next: 'Hãy dùng https; chỉ dùng http cho địa chỉ trên chính máy này (127.0.0.1).',
  }),
  taken: ({ firstLine }) => ({
    wrong: firstLine === null ? 'Đã có chỗ khác dùng rồi.' : `Dòng ${firstLine} đã dùng rồi.`,
    next: 'Mỗi cái phải riêng: hãy đổi một trong hai.',
  }),
  'line-differs': ({ firstLine }) => ({
    wrong: `Cùng một đường Modbus nhưng thiết lập khác nhau${firstLine === null ? '' : ` (dòng ${firstLine})`}.`,
    next: 'Ghi baudRate, parity, stopBits và timeoutMs giống nhau cho mọi tăng âm trên cùng một đường.',
  }),
}
