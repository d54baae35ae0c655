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
    meaning:
      'Chỉ cho loa. Mức chỉnh của đầu ra, tính bằng đề-xi-ben: 0 là to nhất, −6 là nửa điện áp. Cảnh báo không bao giờ nhỏ hơn mức này.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].rateHz': {
    meaning:
      'Chỉ cho loa. Tần số lấy mẫu của card hoặc máy chủ âm thanh, tính bằng Hz: âm thanh tính sẵn ở tần số này nên không bị chuyển đổi thêm lần nữa. Xem docs/sound.md.',
    expected: '32000, 44100, 48000 hoặc 96000',
  },
  'outputs[].channels': {
    meaning:
      'Chỉ cho loa. `left` hoặc `right`: mọi âm thanh ra kênh trái hoặc phải của thiết bị, kênh kia dành cho đầu ra khác. Nhờ vậy hai tăng âm trên một card là hai cụm loa riêng. Xem docs/sound.md.',
    expected: 'both (cả hai), left (trái) hoặc right (phải)',
  },
  'outputs[].levelsDb': {
    meaning:
      'Chỉ cho loa. Mức của từng loại chương trình ở riêng đầu ra này, thay cho volume.levelsDb. Loại không nêu ở đây thì theo mức chung.',
    expected: section,
  },
  'outputs[].levelsDb.live': {
    meaning: 'Chỉ ở đầu ra này, thay cho volume.levelsDb: cán bộ đang phát trực tiếp.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].levelsDb.mobilised': {
    meaning: 'Chỉ ở đầu ra này, thay cho volume.levelsDb: huy động bảng của tư nhân.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].levelsDb.urgent': {
    meaning: 'Chỉ ở đầu ra này, thay cho volume.levelsDb: chương trình khẩn cấp.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].levelsDb.priority': {
    meaning: 'Chỉ ở đầu ra này, thay cho volume.levelsDb: chương trình ưu tiên.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].levelsDb.normal': {
    meaning: 'Chỉ ở đầu ra này, thay cho volume.levelsDb: chương trình thông thường.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].levelsDb.filler': {
    meaning: 'Chỉ ở đầu ra này, thay cho volume.levelsDb: nhạc giữa các chương trình, và nội dung riêng của chủ bảng.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'outputs[].mixer': {
    meaning:
      'Chỉ cho loa. Bộ trộn của card âm thanh: luôn giữ ở mức này, không tắt tiếng, dù ai vặn. Xem docs/sound.md.',
    expected: section,
  },
  'outputs[].mixer.control': {
    meaning: 'Tên nút chỉnh, như lệnh `amixer -D THIẾT-BỊ scontrols` in ra.',
    expected: 'tên như PCM, Master hoặc Headphone',
  },
  'outputs[].mixer.device': {
    meaning: 'Tên thiết bị của ALSA, dùng cho `amixer -D`.',
    expected: 'thiết bị như hw:Headphones',
  },
  'outputs[].mixer.levelDb': {
    meaning: 'Mức của nút chỉnh, với card có thang đề-xi-ben.',
    expected: 'số đề-xi-ben',
  },
  'outputs[].mixer.levelPercent': {
    meaning: 'Như trên, với card chỉ có nấc: phần trăm của thang.',
    expected: 'số nguyên từ 0 đến 100',
  },
  'outputs[].capture': {
    meaning: 'Chỉ cho âm thanh. Nguồn thu nghe lại loa này: dây hồi tiếp của tăng âm hoặc micrô.',
    expected: section,
  },
  'outputs[].capture.device': {
    meaning: 'Thiết bị thu của ALSA, tên như lệnh `arecord -L` liệt kê.',
    expected: 'một tên thiết bị trong danh sách của `arecord -L`',
  },
  'outputs[].capture.gainDb': {
    meaning: 'Mức thu được so với mức phát, do lệnh `loa calibrate` đo. Nếu không ghi thì không xét mức to nhỏ.',
    expected: 'một số đề-xi-ben từ -120 đến 60',
  },
  'outputs[].capture.toleranceDb': {
    meaning: 'To hơn hoặc nhỏ hơn mức đã đo bao nhiêu thì báo động.',
    expected: 'một số đề-xi-ben từ 1 đến 60',
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
  timeZone: { meaning: 'Múi giờ của thiết bị, dùng cho giờ giấc và nhật ký.', expected: 'tên múi giờ theo IANA' },
  position: { meaning: 'Vị trí treo thiết bị, cho các cảnh báo ghi vùng bằng đường ranh giới.', expected: section },
  'position.latitude': { meaning: 'Vĩ độ bắc; nam là số âm (WGS 84).', expected: 'số độ' },
  'position.longitude': { meaning: 'Kinh độ đông; tây là số âm (WGS 84).', expected: 'số độ' },
  languages: {
    meaning: 'Ngôn ngữ đọc và hiển thị cảnh báo ở đây; lấy ngôn ngữ đầu tiên mà bản tin có.',
    expected: 'danh sách mã ngôn ngữ (BCP 47)',
  },
  volume: {
    meaning: 'Mức theo ưu tiên, giờ yên tĩnh và mức trần. Ràng buộc mọi nội dung trừ cảnh báo.',
    expected: section,
  },
  'volume.fadeSeconds': { meaning: 'Thời gian chuyển dần sang mức trần mới khi đang phát.', expected: 'số giây' },
  'volume.levelsDb': {
    meaning: 'Mức của từng mức ưu tiên, thấp hơn mức của đầu ra. Cảnh báo không có: luôn phát ở mức của đầu ra.',
    expected: section,
  },
  'volume.levelsDb.live': { meaning: 'Cán bộ đang phát trực tiếp.', expected: 'số đề-xi-ben, bằng 0 hoặc âm' },
  'volume.levelsDb.mobilised': { meaning: 'Huy động bảng của tư nhân.', expected: 'số đề-xi-ben, bằng 0 hoặc âm' },
  'volume.levelsDb.urgent': { meaning: 'Chương trình khẩn cấp.', expected: 'số đề-xi-ben, bằng 0 hoặc âm' },
  'volume.levelsDb.priority': { meaning: 'Chương trình ưu tiên.', expected: 'số đề-xi-ben, bằng 0 hoặc âm' },
  'volume.levelsDb.normal': { meaning: 'Chương trình thông thường.', expected: 'số đề-xi-ben, bằng 0 hoặc âm' },
  'volume.levelsDb.filler': {
    meaning: 'Nhạc xen giữa các chương trình và nội dung của chủ bảng.',
    expected: 'số đề-xi-ben, bằng 0 hoặc âm',
  },
  'volume.rules': {
    meaning: 'Các quy định; khi nhiều quy định cùng áp dụng thì lấy mức thấp nhất.',
    expected: 'danh sách quy định',
  },
  'volume.rules[].from': { meaning: 'Giờ bắt đầu, giờ địa phương.', expected: 'giờ và phút, trong dấu ngoặc kép' },
  'volume.rules[].until': {
    meaning: 'Giờ kết thúc; nhỏ hơn giờ bắt đầu nghĩa là hôm sau.',
    expected: 'giờ và phút, trong dấu ngoặc kép',
  },
  'volume.rules[].days': {
    meaning: 'Những ngày bắt đầu áp dụng. Không ghi là mọi ngày.',
    expected: 'trong số mo, tu, we, th, fr, sa, su',
  },
  'volume.rules[].outputs': { meaning: 'Đầu ra bị ràng buộc. Không ghi là tất cả.', expected: 'danh sách tên đầu ra' },
  'volume.rules[].priorities': {
    meaning: 'Mức ưu tiên bị ràng buộc. Không ghi là tất cả trừ cảnh báo.',
    expected: 'trong số live, mobilised, urgent, priority, normal, filler',
  },
  'volume.rules[].ceilingDb': {
    meaning: 'Mức to nhất được phép, kể cả mức của đầu ra.',
    expected: 'số decibel, từ 0 trở xuống',
  },
  'volume.rules[].silent': {
    meaning: 'Không phát gì cả; nội dung đến giờ được ghi là bỏ lỡ.',
    expected: 'true hoặc false',
  },
  loudness: {
    meaning: 'Mọi nội dung được đưa về cùng một độ to, dù thu ở mức nào. Xem docs/sound.md.',
    expected: section,
  },
  'loudness.enabled': {
    meaning: 'Có cân bằng độ to hay không. false: mọi nội dung phát đúng như khi thu.',
    expected: 'true hoặc false',
  },
  'loudness.targetLufs': {
    meaning: 'Độ to chung của nội dung không có mức riêng (EBU R128).',
    expected: 'số LUFS từ −40 đến −8',
  },
  'loudness.maxGainDb': {
    meaning: 'Nội dung quá nhỏ được nâng nhiều nhất chừng này; quá nữa chỉ còn tiếng ồn.',
    expected: 'số đề-xi-ben từ 0 đến 40',
  },
  'loudness.alertLufs': {
    meaning: 'Lời đọc và bản thu của cảnh báo: chỉ nâng lên, không hạ xuống.',
    expected: 'số LUFS từ −40 đến −8',
  },
  'loudness.liveLufs': { meaning: 'Cán bộ đang phát trực tiếp.', expected: 'số LUFS từ −40 đến −8' },
  'loudness.relayLufs': { meaning: 'Đài được tiếp sóng.', expected: 'số LUFS từ −40 đến −8' },
  'loudness.jingleLufs': { meaning: 'Nhạc hiệu và lời xưng danh.', expected: 'số LUFS từ −40 đến −8' },
  'loudness.fillerLufs': {
    meaning: 'Nhạc xen giữa các chương trình và nội dung của chủ bảng.',
    expected: 'số LUFS từ −40 đến −8',
  },
  alerts: { meaning: 'Thiết bị nghe theo những cảnh báo nào.', expected: section },
  'alerts.statuses': {
    meaning: 'Trạng thái CAP được phát ở đây.',
    expected: 'trong số Actual, Exercise, System, Test, Draft',
  },
  'alerts.geocodes': {
    meaning: 'Mã những nơi thiết bị thuộc về, như bản tin cảnh báo ghi. Địa bàn của thiết bị luôn được tính.',
    expected: 'danh sách tên=giá trị',
  },
  'alerts.sources': {
    meaning: 'Thư mục và nguồn tin mà thiết bị tự tìm cảnh báo CAP. Ai ghi được vào đó thì nói được ở đây.',
    expected: 'danh sách nguồn',
  },
  'alerts.sources[].folder': {
    meaning: 'Thư mục chứa tệp CAP; chỉ root và loa được ghi.',
    expected: 'đường dẫn tới một thư mục',
  },
  'alerts.sources[].feed': {
    meaning: 'Nguồn Atom chứa CAP; phải là https, trừ khi ở ngay máy này.',
    expected: 'địa chỉ bắt đầu bằng https://',
  },
  'alerts.sources[].senders': { meaning: 'Những nơi gửi CAP được tin ở nguồn này.', expected: 'danh sách tên' },
  'alerts.sources[].seconds': { meaning: 'Bao lâu xem lại một lần.', expected: 'số giây, là số nguyên' },
  speech: { meaning: 'Đọc văn bản và cảnh báo thành tiếng như thế nào. Xem docs/speech.md.', expected: section },
  'speech.voice': { meaning: 'Giọng của nơi đặt loa: bắc, trung, nam.', expected: 'north, central hoặc south' },
  'speech.words': {
    meaning: 'Tệp YAML ghi cách đọc riêng của xã, mỗi dòng `chữ viết: cách đọc`. Được dùng trước bảng có sẵn.',
    expected: 'đường dẫn tới một tệp',
  },
  'speech.command': {
    meaning:
      'Chương trình đọc chữ từ đầu vào chuẩn và ghi WAV ra đầu ra chuẩn, kèm tham số; {voice} và {language} được điền vào. Khi nó lỗi, espeak-ng đọc thay.',
    expected: 'danh sách: chương trình, rồi các tham số',
  },
  'speech.http': {
    meaning: 'Máy chủ đổi chữ thành tiếng, dùng thay cho command. Khi nó lỗi, espeak-ng đọc thay.',
    expected: section,
  },
  'speech.http.url': { meaning: 'Nơi gửi văn bản tới, bằng POST.', expected: 'địa chỉ bắt đầu bằng https://' },
  'speech.http.json': {
    meaning: 'Nội dung gửi đi, có {text}, {voice} và {language} để điền. Nếu không ghi thì chỉ gửi văn bản.',
    expected: 'JSON có "{text}", đặt trong dấu nháy đơn',
  },
  'speech.http.header': { meaning: 'Tên tiêu đề mang khóa bí mật.', expected: 'tên gồm chữ không dấu và gạch nối' },
  'speech.http.secret': {
    meaning: 'Tệp chứa giá trị của tiêu đề đó, như `Bearer 4f2…`. Không bao giờ ghi vào nhật ký.',
    expected: 'đường dẫn tới tệp mà chỉ root và loa đọc được',
  },
  'speech.http.version': {
    meaning: 'Đổi khi giọng trên máy chủ đã đổi, để mọi thứ được đọc lại.',
    expected: 'một đoạn chữ ngắn đặt trong ngoặc kép',
  },
  'speech.http.bytesMax': { meaning: 'Trả lời dài hơn thì bị từ chối.', expected: 'số byte, là số nguyên' },
  'speech.languages': {
    meaning: 'Các ngôn ngữ mà chương trình hay máy chủ đọc được; ngôn ngữ khác do espeak-ng đọc.',
    expected: 'danh sách mã ngôn ngữ',
  },
  'speech.timeoutSeconds': {
    meaning: 'Chương trình hay máy chủ được đọc một văn bản trong bao lâu. Cảnh báo chỉ chờ tối đa 10 giây.',
    expected: 'số giây, là số nguyên',
  },
  owner: { meaning: 'Với bảng của cửa hàng, doanh nghiệp: nội dung của chủ bảng.', expected: section },
  'owner.name': {
    meaning: 'Tên chủ bảng trong nhật ký.',
    expected: 'tối đa 64 chữ cái không dấu, chữ số, dấu chấm, gạch nối',
  },
  'owner.folders': { meaning: 'Thư mục ảnh, video và âm thanh, kể cả USB.', expected: 'danh sách thư mục' },
  'owner.playlist': {
    meaning: 'Địa chỉ danh sách phát (M3U) trong mạng của chủ bảng.',
    expected: 'địa chỉ bắt đầu bằng http:// hoặc https://',
  },
  'owner.stillSeconds': { meaning: 'Mỗi ảnh hiện trong bao lâu.', expected: 'số giây' },
  'owner.outputs': { meaning: 'Đầu ra phát nội dung này. Không ghi là tất cả.', expected: 'danh sách tên đầu ra' },
  amplifiers: {
    meaning: 'Các tăng âm được bật trước khi phát, tắt sau khi phát, và được hỏi tình trạng.',
    expected: 'danh sách tối đa 8 tăng âm, mỗi tăng âm bắt đầu bằng dấu gạch ngang',
  },
  'amplifiers[].name': {
    meaning: 'Tên tăng âm trong trạng thái, báo cáo và cảnh báo.',
    expected: '1 đến 32 chữ thường không dấu, chữ số, gạch nối, bắt đầu bằng chữ',
  },
  'amplifiers[].outputs': {
    meaning: 'Các loa mà nó cấp tín hiệu. Không ghi là tất cả.',
    expected: 'danh sách tên đầu ra',
  },
  'amplifiers[].warmUpSeconds': {
    meaning: 'Từ lúc có điện đến lúc ra tiếng mất bao lâu. Thông báo khẩn cấp và phát trực tiếp không phải đợi.',
    expected: 'số giây',
  },
  'amplifiers[].coolDownSeconds': {
    meaning: 'Giữ điện bao lâu sau tiếng cuối cùng.',
    expected: 'số giây',
  },
  'amplifiers[].minimumOnSeconds': {
    meaning: 'Đã bật thì giữ ít nhất bấy lâu, để rơ-le bền.',
    expected: 'số giây',
  },
  'amplifiers[].gpio': {
    meaning: 'Rơ-le trên một chân GPIO của máy này, dùng để bật tắt tăng âm.',
    expected: section,
  },
  'amplifiers[].gpio.chip': {
    meaning: 'Chip GPIO, như lệnh `gpiodetect` liệt kê.',
    expected: 'gpiochip và một số',
  },
  'amplifiers[].gpio.line': {
    meaning: 'Số của chân, như lệnh `gpioinfo` liệt kê.',
    expected: 'số nguyên',
  },
  'amplifiers[].gpio.activeLow': {
    meaning: 'true: rơ-le đóng khi chân ở mức thấp.',
    expected: 'true hoặc false',
  },
  'amplifiers[].modbus': {
    meaning: 'Đường Modbus để bật tắt, để đọc, hoặc cả hai.',
    expected: section,
  },
  'amplifiers[].modbus.line': {
    meaning: 'Cổng nối tiếp; hoặc tcp:// cho Modbus TCP, rtu-tcp:// cho bộ chuyển nối tiếp thường.',
    expected: 'đường dẫn như /dev/ttyUSB0, hoặc tcp:// và địa chỉ',
  },
  'amplifiers[].modbus.baudRate': {
    meaning: 'Tốc độ đường truyền, theo tài liệu của tăng âm.',
    expected: 'số bit mỗi giây, số nguyên',
  },
  'amplifiers[].modbus.parity': {
    meaning: 'Bit chẵn lẻ.',
    expected: 'none, even hoặc odd',
  },
  'amplifiers[].modbus.stopBits': {
    meaning: 'Số bit dừng. Tiêu chuẩn đòi 2 khi không có chẵn lẻ; đa số thiết bị dùng 1.',
    expected: '1 hoặc 2',
  },
  'amplifiers[].modbus.unit': {
    meaning: 'Số của tăng âm trên đường truyền.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.timeoutMs': {
    meaning: 'Chờ câu trả lời bao lâu.',
    expected: 'số mili giây, số nguyên',
  },
  'amplifiers[].modbus.retries': {
    meaning: 'Hỏi lại bao nhiêu lần trước khi coi là không trả lời.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.pollSeconds': {
    meaning: 'Bao lâu đọc các thanh ghi một lần.',
    expected: 'số giây',
  },
  'amplifiers[].modbus.power': {
    meaning: 'Thanh ghi bật tắt tăng âm, khi không dùng chân GPIO.',
    expected: section,
  },
  'amplifiers[].modbus.power.kind': {
    meaning: 'Bảng của thanh ghi.',
    expected: 'coil hoặc holding',
  },
  'amplifiers[].modbus.power.address': {
    meaning: 'Địa chỉ trên đường truyền, tính từ 0. Tài liệu đếm từ 1 hay 40001 thì lệch một.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.power.on': {
    meaning: 'Giá trị để bật.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.power.off': {
    meaning: 'Giá trị để tắt.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.power.readBack': {
    meaning: 'Thanh ghi có cho đọc lại trạng thái không; nếu có thì được theo dõi.',
    expected: 'true hoặc false',
  },
  'amplifiers[].modbus.readings': {
    meaning: 'Các thanh ghi được đọc và báo cáo.',
    expected: 'danh sách tối đa 32 thanh ghi',
  },
  'amplifiers[].modbus.readings[].name': {
    meaning: 'Tên đại lượng trong báo cáo và cảnh báo.',
    expected: '1 đến 32 chữ thường không dấu, chữ số, gạch nối, bắt đầu bằng chữ',
  },
  'amplifiers[].modbus.readings[].kind': {
    meaning: 'Bảng của thanh ghi.',
    expected: 'coil, discrete, holding hoặc input',
  },
  'amplifiers[].modbus.readings[].address': {
    meaning: 'Địa chỉ trên đường truyền, tính từ 0. Tài liệu đếm từ 1, 30001 hay 40001 thì lệch một.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.readings[].type': {
    meaning: 'Các bit tạo thành số thế nào. Coil và discrete luôn là 0 hoặc 1.',
    expected: 'u16, s16, u32, s32 hoặc f32',
  },
  'amplifiers[].modbus.readings[].wordOrder': {
    meaning: 'Trong hai thanh ghi, thanh nào giữ nửa cao.',
    expected: 'high-first hoặc low-first',
  },
  'amplifiers[].modbus.readings[].scale': {
    meaning: 'Số trong thanh ghi nhân với hệ số này là giá trị.',
    expected: 'một số',
  },
  'amplifiers[].modbus.readings[].unit': {
    meaning: 'Đơn vị của giá trị, cho người đọc.',
    expected: 'tối đa 8 chữ',
  },
  'amplifiers[].modbus.readings[].minimum': {
    meaning: 'Dưới mức này là cảnh báo.',
    expected: 'một số',
  },
  'amplifiers[].modbus.readings[].maximum': {
    meaning: 'Trên mức này là cảnh báo.',
    expected: 'một số',
  },
  'amplifiers[].modbus.readings[].whileOn': {
    meaning: 'true: chỉ xét khi tăng âm có điện.',
    expected: 'true hoặc false',
  },
  'amplifiers[].modbus.readings[].bits': {
    meaning: 'Các bit báo có điều không ổn: bảo vệ, cửa tủ.',
    expected: 'danh sách các bit',
  },
  'amplifiers[].modbus.readings[].bits[].bit': {
    meaning: 'Số thứ tự của bit; 0 là thấp nhất. Với coil hoặc discrete luôn là 0.',
    expected: 'số nguyên',
  },
  'amplifiers[].modbus.readings[].bits[].name': {
    meaning: 'Điều gì không ổn, ví dụ overheat (quá nhiệt) hay door-open (cửa mở).',
    expected: '1 đến 32 chữ thường không dấu, chữ số, gạch nối, bắt đầu bằng chữ',
  },
  'amplifiers[].modbus.readings[].bits[].alarmAt': {
    meaning: '0: không ổn khi bit bằng 0, như tiếp điểm thường đóng.',
    expected: '0 hoặc 1',
  },
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
