import type { Words } from '../words.ts'
import { faultCodes } from './codes.ts'
import { soundFindings } from './sound.ts'

const FOR = { sound: 'âm thanh', picture: 'hình ảnh', both: 'âm thanh và hình ảnh' }
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1).replace('.', ',')} GB`
const restart = 'sudo systemctl restart loa'
const POWER = { on: 'bật', off: 'tắt', unknown: 'không rõ', always: 'luôn có điện' }
const right = (text: string) => ({ text, next: null })

export const doctor: Words['doctor'] = {
  title: (device) => (device === null ? 'Kiểm tra thiết bị này' : `Kiểm tra thiết bị ${device}`),
  sections: {
    settings: 'Thiết lập',
    program: 'Phần mềm',
    agent: 'Chương trình Loa',
    clock: 'Đồng hồ',
    sound: 'Âm thanh',
    amplifier: 'Tăng âm',
    display: 'Màn hình',
    folder: 'Lưu trữ',
    broker: 'Kết nối tới hệ thống nguồn',
  },
  sums: ({ right: good, wrong, warnings, unknown }) =>
    [
      `${good} mục tốt`,
      ...(wrong > 0 ? [`${wrong} lỗi`] : []),
      ...(warnings > 0 ? [`${warnings} điều cần lưu ý`] : []),
      ...(unknown > 0 ? [`${unknown} mục không kiểm tra được`] : []),
    ].join(' · '),
  allRight: 'Mọi mục đã kiểm tra đều tốt.',
  findings: {
    'settings-right': ({ file }) => right(`${file} đúng`),
    'settings-wrong': ({ file, faults }) => ({ text: `${file} có ${faults} lỗi`, next: `loa config check ${file}` }),
    'settings-forbidden': ({ file, user }) => ({
      text: `Người dùng ${user} không được đọc ${file}; nhiều mục kiểm tra cần tệp này`,
      next: 'sudo loa doctor',
    }),
    'node-right': ({ version }) => right(`Node.js ${version}`),
    'node-old': ({ version, minimum }) => ({
      text: `Node.js ${version} đã quá cũ`,
      next: `Cài Node.js ${minimum} trở lên, rồi chạy lại scripts/install.`,
    }),
    'program-found': ({ program, version }) => right(`${program} ${version}`),
    'program-missing': ({ program, debianPackage, neededFor }) => ({
      text: `Thiếu ${program}. Không có nó thì không phát được ${FOR[neededFor]}`,
      next: `sudo apt-get install ${debianPackage}`,
    }),
    'agent-running': ({ version }) => right(`Chương trình ${version} đang chạy`),
    'agent-absent': ({ socket }) => ({
      text: `Chương trình không chạy: không ai trả lời ở ${socket}`,
      next: 'sudo systemctl start loa, rồi xem: journalctl -u loa -n 50',
    }),
    'agent-forbidden': ({ user }) => ({
      text: `Người dùng ${user} không được hỏi chương trình`,
      next: 'sudo loa doctor, hoặc cấp quyền lâu dài: sudo usermod -aG loa $USER (rồi đăng nhập lại)',
    }),
    'agent-silent': () => ({
      text: 'Chương trình có chạy nhưng không trả lời; hệ thống sẽ tự khởi động lại nó trong vòng một phút',
      next: 'journalctl -u loa -n 50',
    }),
    'agent-malformed': ({ detail }) => ({
      text: `Không hiểu câu trả lời của chương trình (${detail})`,
      next: `Chương trình và lệnh này có thể khác phiên bản: ${restart}`,
    }),
    'agent-other-version': ({ agent, command }) => ({
      text: `Đang chạy phiên bản ${agent}, nhưng đã cài phiên bản ${command}`,
      next: restart,
    }),
    'agent-alarm': ({ code, subject, detail, since }) => ({
      text: `Cảnh báo từ ${since}: ${faultCodes[code] ?? code} · ${subject}${detail === '' ? '' : ` · ${detail}`}`,
      next: `docs/operations.md giải thích ${code}`,
    }),
    'sound-opens': ({ output, device }) => right(`${output}: mở được ${device}`),
    'sound-busy': ({ output, device }) => right(`${output}: ${device} có mặt và đang được dùng`),
    'sound-missing': ({ output, device, devices }) => ({
      text: `${output}: không có thiết bị âm thanh ${device}`,
      next:
        devices.length === 0
          ? 'Máy không thấy card âm thanh nào. Kiểm tra chỗ cắm card, rồi gõ: aplay -l'
          : `Đặt outputs[].device là một trong: ${devices.join(', ')}`,
    }),
    'sound-forbidden': ({ output, device, user }) => ({
      text: `${output}: người dùng ${user} không được mở ${device}; riêng chương trình thì được`,
      next: 'sudo loa doctor',
    }),
    'sound-failed': ({ output, device, error }) => ({
      text: `${output}: có ${device} nhưng không mở được (${error})`,
      next: `aplay -D ${device} /usr/share/sounds/alsa/Front_Center.wav`,
    }),
    'sound-unchecked': ({ output }) => ({
      text: `${output}: chưa kiểm tra được vì thiếu aplay`,
      next: 'sudo apt-get install alsa-utils',
    }),
    'sound-shared': ({ output, other, device, mixing }) => ({
      text: `${output} và ${other} dùng chung ${device}, nhưng phần lớn card chỉ cho một đầu ra mở`,
      next: `Đặt cho cả hai: device: "${mixing}" và channels: left, right (docs/sound.md)`,
    }),
    ...soundFindings,
    'amplifier-device': ({ amplifier, device }) => right(`${amplifier}: có ${device}`),
    'amplifier-missing': ({ amplifier, device }) => ({
      text: `${amplifier}: không có ${device}`,
      next: device.includes('gpiochip')
        ? 'Xem có những chip nào: gpiodetect (sudo apt-get install gpiod)'
        : 'Đã cắm bộ chuyển đổi chưa? Xem các cổng nối tiếp: ls -l /dev/serial/by-id/',
    }),
    'amplifier-forbidden': ({ amplifier, device, user }) => ({
      text: `${amplifier}: người dùng ${user} không được mở ${device}`,
      next: 'sudo loa doctor. Nếu chương trình cũng không được, docs/amplifier.md chỉ nhóm cần thêm.',
    }),
    'amplifier-gpioset': ({ debianPackage }) => ({
      text: 'Thiếu gpioset nên không bật tắt được rơ-le nào',
      next: `sudo apt-get install ${debianPackage}`,
    }),
    'amplifier-obeys': ({ amplifier, power }) => right(`${amplifier} nghe lệnh và không báo lỗi (${POWER[power]})`),
    'amplifier-ails': ({ amplifier, power, wanted, tripped }) => ({
      text: `${amplifier}: ${POWER[power]}, cần ${POWER[wanted]}${tripped.length === 0 ? '' : `; báo ${tripped.join(', ')}`}`,
      next: 'loa amplifier cho xem số đo; docs/amplifier.md chỉ chỗ cần xem',
    }),
    'display-found': ({ output, display }) => right(`${output}: ${display}`),
    'display-unplugged': ({ output }) => ({
      text: `${output}: chưa cắm màn hình vào máy, hoặc màn hình đang tắt`,
      next: 'Kiểm tra cáp HDMI và nguồn điện của màn hình.',
    }),
    'display-missing': ({ output, display }) => ({
      text: `${output}: không có ${display}`,
      next: 'Nếu dùng drm: trong /boot/firmware/config.txt có dòng dtoverlay=vc4-kms-v3d chưa? Nếu dùng x11: giao diện đồ hoạ có chạy không?',
    }),
    'display-forbidden': ({ output, display, user }) => ({
      text: `${output}: người dùng ${user} không được mở ${display}; riêng chương trình thì được`,
      next: 'sudo loa doctor',
    }),
    'folder-right': ({ folder, freeBytes }) => right(`Ghi được vào ${folder}, còn trống ${gigabytes(freeBytes)}`),
    'folder-full': ({ folder, freeBytes }) => ({
      text: `${folder}: chỉ còn trống ${gigabytes(freeBytes)}`,
      next: 'Dọn bớt: sudo journalctl --vacuum-size=100M, sudo apt-get clean',
    }),
    'folder-absent': ({ folder }) => ({
      text: `Không có thư mục ${folder}`,
      next: 'sudo systemctl start loa sẽ tạo ra nó',
    }),
    'folder-not-mine': ({ folder, user }) => ({
      text: `${folder} là của chương trình; người dùng ${user} không được xem`,
      next: 'sudo loa doctor',
    }),
    'cache-fits': ({ quotaBytes, usedBytes }) =>
      right(
        `Kho nội dung được dùng ${gigabytes(quotaBytes)}, đang có ${gigabytes(usedBytes)}, còn đủ chỗ cho phần còn lại`,
      ),
    'cache-too-large': ({ quotaBytes, usedBytes, freeBytes }) => ({
      text: `Kho nội dung được dùng ${gigabytes(quotaBytes)}, nhưng thẻ nhớ chỉ đủ chỗ cho ${gigabytes(usedBytes + freeBytes)}`,
      next: `Giảm media.quotaBytes xuống ${Math.max(1e6, Math.floor((usedBytes + freeBytes) * 0.8))}`,
    }),
    'certificate-right': ({ name, until, days }) => right(`Chứng thư của ${name}: còn hạn đến ${until} (${days} ngày)`),
    'certificate-ending': ({ name, until, days }) => ({
      text: `Chứng thư của ${name} hết hạn ngày ${until}, còn ${days} ngày`,
      next: 'Hãy xin hệ thống nguồn cấp chứng thư mới ngay.',
    }),
    'certificate-expired': ({ name, until }) => ({
      text: `Chứng thư của ${name} đã hết hạn ngày ${until}`,
      next: 'Đồng hồ của máy có đúng không? Nếu đúng, hãy xin hệ thống nguồn cấp chứng thư mới.',
    }),
    'certificate-early': ({ name, from }) => ({
      text: `Chứng thư của ${name} đến ngày ${from} mới có hiệu lực`,
      next: 'Có lẽ đồng hồ của máy bị sai: timedatectl',
    }),
    'certificate-unreadable': ({ file, error }) => ({
      text: `${file} không phải chứng thư hay khoá dạng PEM (${error})`,
      next: 'Chép lại tệp từ hệ thống nguồn.',
    }),
    'certificate-forbidden': ({ file, user }) => ({
      text: `Người dùng ${user} không được đọc ${file}`,
      next: 'sudo loa doctor',
    }),
    'key-differs': ({ certificate, key }) => ({
      text: `${key} không phải khoá của ${certificate}`,
      next: 'Chép lại cả hai tệp từ hệ thống nguồn: chúng đi thành một cặp.',
    }),
    'broker-name-unknown': ({ host, error }) => ({
      text: `Không tìm được tên ${host} (${error})`,
      next: 'Có mạng không? ping -c 3 1.1.1.1 · broker.url viết đúng chưa?',
    }),
    'broker-port-closed': ({ host, port, error }) => ({
      text: `${host} không trả lời ở cổng ${port} (${error})`,
      next: 'Cổng đúng chưa? Có bị tường lửa hay nhà mạng chặn không?',
    }),
    'broker-reached': ({ host, port, address, ms }) =>
      right(`${host} (${address}) trả lời ở cổng ${port} sau ${ms} ms`),
    'broker-certificate-right': ({ name, until, protocol }) => right(`${protocol} với ${name}, còn hạn đến ${until}`),
    'broker-certificate-ending': ({ name, until, days }) => ({
      text: `Chứng thư của máy chủ ${name} hết hạn ngày ${until}, còn ${days} ngày`,
      next: 'Báo cho đơn vị vận hành máy chủ.',
    }),
    'broker-tls-wrong': ({ error }) => ({
      text: `Không lập được đường truyền mã hoá (${error})`,
      next: 'Kiểm tra broker.ca, chứng thư của thiết bị và đồng hồ của máy.',
    }),
    'broker-unencrypted': ({ host }) => ({
      text: `Đường truyền tới ${host} không mã hoá`,
      next: 'Ngoài lúc thử trên bàn, hãy dùng mqtts://.',
    }),
    'broker-accepts': ({ version, ms }) => right(`Máy chủ cho thiết bị vào (MQTT ${version}, ${ms} ms)`),
    'broker-refuses': ({ error }) => ({
      text: `Máy chủ không cho thiết bị vào (${error})`,
      next: 'Hệ thống nguồn đã đăng ký thiết bị với tên và chứng thư này chưa?',
    }),
    'broker-refuses-doctor': ({ error }) => ({
      text: `Máy chủ không nhận kết nối thứ hai với tên khác (${error}); bản thân đường truyền vẫn tốt`,
      next: 'loa status cho biết chương trình có kết nối không',
    }),
    'broker-silent': ({ error }) => ({
      text: `Máy chủ nhận kết nối rồi không trả lời (${error})`,
      next: 'Có đúng là cổng MQTT không? Thường là 8883 cho mqtts, 1883 cho mqtt.',
    }),
    'clock-synced': ({ by }) => right(`Máy chủ thời gian xác nhận đồng hồ đúng (${by})`),
    'clock-unsynced': ({ by }) => ({
      text: `Chưa có máy chủ thời gian nào xác nhận đồng hồ (${by}). Thông báo khẩn cấp vẫn được phát`,
      next: 'timedatectl timesync-status · Cổng UDP 123 ra ngoài có mở không?',
    }),
    'clock-battery': ({ by }) => right(`Đồng hồ chạy bằng pin riêng (${by})`),
    'clock-unknown': () => ({
      text: 'Không biết được đồng hồ đã được máy chủ thời gian xác nhận hay chưa',
      next: 'Cài dịch vụ thời gian: sudo apt-get install systemd-timesyncd',
    }),
  },
}
