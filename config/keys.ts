/** The names of the settings as a type, so that a setting without words, or words without a setting, do not compile. */
import type { Settings } from './settings.ts'

type Join<P extends string, K extends string> = P extends '' ? K : `${P}.${K}`

type KeysOf<T, P extends string = ''> = T extends readonly (infer Item)[]
  ? Item extends object
    ? KeysOf<Item, `${P}[]`>
    : never
  : T extends object
    ? { [K in keyof T & string]-?: Join<P, K> | KeysOf<NonNullable<T[K]>, Join<P, K>> }[keyof T & string]
    : never

/** `broker.url`, `outputs[].device`: dots between sections, `[]` where a list has many. */
export type SettingKey = KeysOf<Settings>

/** One right value of each setting, as it is written in the file. Sections and lists show their first line. */
export const EXAMPLES: Record<SettingKey, string> = {
  device: 'loa-02215-0007',
  area: 'vn/08/02215/thon-5',
  groups: '[cho, truong-hoc]',
  trust: 'root: 3q2-7w…',
  'trust.root': 'eaHZcR2vFnqzJ0Vb1kTq6yX0uS9mLw5oPdBf7GhIjKl',
  broker: 'url: mqtts://mqtt.example.gov.vn:8883',
  'broker.url': 'mqtts://mqtt.example.gov.vn:8883',
  'broker.ca': '/etc/loa/ca.crt',
  'broker.certificate': '/etc/loa/box.crt',
  'broker.key': '/etc/loa/box.key',
  'broker.keepaliveSeconds': '30',
  outputs: '- { name: horn, medium: sound }',
  'outputs[].name': 'horn',
  'outputs[].medium': 'sound',
  'outputs[].device': 'plughw:CARD=Headphones,DEV=0',
  'outputs[].latencyMs': '40',
  'outputs[].gainDb': '-6',
  'outputs[].rateHz': '44100',
  'outputs[].channels': 'left',
  'outputs[].levelsDb': 'filler: -12',
  'outputs[].levelsDb.live': '0',
  'outputs[].levelsDb.mobilised': '0',
  'outputs[].levelsDb.urgent': '0',
  'outputs[].levelsDb.priority': '0',
  'outputs[].levelsDb.normal': '-6',
  'outputs[].levelsDb.filler': '-12',
  'outputs[].mixer': '{ control: PCM, device: "hw:Headphones", levelDb: 0 }',
  'outputs[].mixer.control': 'PCM',
  'outputs[].mixer.device': 'hw:Headphones',
  'outputs[].mixer.levelDb': '0',
  'outputs[].mixer.levelPercent': '100',
  'outputs[].capture': 'device: plughw:CARD=Device,DEV=0',
  'outputs[].capture.device': 'plughw:CARD=Device,DEV=0',
  'outputs[].capture.gainDb': '-21.5',
  'outputs[].capture.toleranceDb': '10',
  'outputs[].videoOutput': 'drm',
  'outputs[].display': '":0"',
  'outputs[].width': '1920',
  'outputs[].height': '1080',
  state: 'folder: /var/lib/loa',
  'state.folder': '/var/lib/loa',
  media: 'quotaBytes: 4000000000',
  'media.quotaBytes': '4000000000',
  'media.fileBytesMax': '1000000000',
  heartbeat: 'seconds: 60',
  'heartbeat.seconds': '60',
  timeZone: 'Asia/Ho_Chi_Minh',
  position: '{ latitude: 20.95, longitude: 106.62 }',
  'position.latitude': '20.95',
  'position.longitude': '106.62',
  languages: '[vi, mww, en]',
  volume: 'fadeSeconds: 3',
  'volume.fadeSeconds': '3',
  'volume.levelsDb': 'filler: -6',
  'volume.levelsDb.live': '-2',
  'volume.levelsDb.mobilised': '0',
  'volume.levelsDb.urgent': '0',
  'volume.levelsDb.priority': '0',
  'volume.levelsDb.normal': '-3',
  'volume.levelsDb.filler': '-6',
  'volume.rules': '- { from: "22:00", until: "05:00", ceilingDb: -20 }',
  'volume.rules[].from': '"22:00"',
  'volume.rules[].until': '"05:00"',
  'volume.rules[].days': '[sa, su]',
  'volume.rules[].outputs': '[horn]',
  'volume.rules[].priorities': '[normal, filler]',
  'volume.rules[].ceilingDb': '-20',
  'volume.rules[].silent': 'true',
  loudness: 'targetLufs: -16',
  'loudness.enabled': 'true',
  'loudness.targetLufs': '-16',
  'loudness.maxGainDb': '20',
  'loudness.alertLufs': '-14',
  'loudness.liveLufs': '-16',
  'loudness.relayLufs': '-16',
  'loudness.jingleLufs': '-18',
  'loudness.fillerLufs': '-20',
  alerts: 'statuses: [Actual]',
  'alerts.statuses': '[Actual, Exercise]',
  'alerts.geocodes': '[VN-commune=02215]',
  'alerts.sources': '- { feed: https://cap.example.gov.vn/atom.xml, senders: [khituong@example.gov.vn] }',
  'alerts.sources[].folder': '/var/lib/loa-alerts',
  'alerts.sources[].feed': 'https://cap.example.gov.vn/atom.xml',
  'alerts.sources[].senders': '[khituong@example.gov.vn]',
  'alerts.sources[].seconds': '30',
  speech: 'voice: south',
  'speech.voice': 'south',
  'speech.words': '/etc/loa/words.yaml',
  'speech.command': '[piper, --model, /opt/piper/vi.onnx, --output_file, "-"]',
  'speech.http': 'url: https://tts.example.gov.vn/say',
  'speech.http.url': 'https://tts.example.gov.vn/say',
  'speech.http.json': '\'{"text": "{text}", "voice": "{voice}"}\'',
  'speech.http.header': 'Authorization',
  'speech.http.secret': '/etc/loa/tts.secret',
  'speech.http.version': '"2"',
  'speech.http.bytesMax': '30000000',
  'speech.languages': '[vi, en]',
  'speech.timeoutSeconds': '60',
  owner: 'name: sieu-thi-a',
  'owner.name': 'sieu-thi-a',
  'owner.folders': '[/media/usb]',
  'owner.playlist': 'http://192.168.1.10/board.m3u8',
  'owner.stillSeconds': '10',
  'owner.outputs': '[board]',
  amplifiers: '- { name: tang-am, gpio: { line: 17 } }',
  'amplifiers[].name': 'tang-am',
  'amplifiers[].outputs': '[horn]',
  'amplifiers[].warmUpSeconds': '3',
  'amplifiers[].coolDownSeconds': '120',
  'amplifiers[].minimumOnSeconds': '60',
  'amplifiers[].gpio': '{ chip: gpiochip0, line: 17 }',
  'amplifiers[].gpio.chip': 'gpiochip0',
  'amplifiers[].gpio.line': '17',
  'amplifiers[].gpio.activeLow': 'true',
  'amplifiers[].modbus': 'line: /dev/ttyUSB0',
  'amplifiers[].modbus.line': '/dev/ttyUSB0',
  'amplifiers[].modbus.baudRate': '9600',
  'amplifiers[].modbus.parity': 'even',
  'amplifiers[].modbus.stopBits': '1',
  'amplifiers[].modbus.unit': '1',
  'amplifiers[].modbus.timeoutMs': '1000',
  'amplifiers[].modbus.retries': '2',
  'amplifiers[].modbus.pollSeconds': '10',
  'amplifiers[].modbus.power': '{ kind: coil, address: 0 }',
  'amplifiers[].modbus.power.kind': 'coil',
  'amplifiers[].modbus.power.address': '0',
  'amplifiers[].modbus.power.on': '1',
  'amplifiers[].modbus.power.off': '0',
  'amplifiers[].modbus.power.readBack': 'true',
  'amplifiers[].modbus.readings': '- { name: voltage, kind: holding, address: 0, scale: 0.1, unit: V }',
  'amplifiers[].modbus.readings[].name': 'voltage',
  'amplifiers[].modbus.readings[].kind': 'holding',
  'amplifiers[].modbus.readings[].address': '0',
  'amplifiers[].modbus.readings[].type': 'u16',
  'amplifiers[].modbus.readings[].wordOrder': 'high-first',
  'amplifiers[].modbus.readings[].scale': '0.1',
  'amplifiers[].modbus.readings[].unit': 'V',
  'amplifiers[].modbus.readings[].minimum': '22',
  'amplifiers[].modbus.readings[].maximum': '30',
  'amplifiers[].modbus.readings[].whileOn': 'true',
  'amplifiers[].modbus.readings[].bits': '- { bit: 0, name: overheat }',
  'amplifiers[].modbus.readings[].bits[].bit': '0',
  'amplifiers[].modbus.readings[].bits[].name': 'overheat',
  'amplifiers[].modbus.readings[].bits[].alarmAt': '1',
  clock: 'source: ntp',
  'clock.source': 'ntp',
  control: 'socket: /run/loa/agent.sock',
  'control.socket': '/run/loa/agent.sock',
  log: 'level: info',
  'log.level': 'info',
  language: 'vi',
}

const isSettingKey = (text: string): text is SettingKey => Object.hasOwn(EXAMPLES, text)

/** The setting that a place in a file is: `outputs[2].device` gives `outputs[].device`, `groups[0]` gives `groups`. */
export const settingKey = (place: string): SettingKey | null => {
  const general = place.replaceAll(/\[\d+\]/g, '[]')
  if (isSettingKey(general)) return general
  const list = general.replace(/\[\]$/, '')
  return isSettingKey(list) ? list : null
}

export const SETTING_KEYS: readonly SettingKey[] = Object.keys(EXAMPLES).filter(isSettingKey)

/** Single-letter changes that make one word the other. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(one).entries()) {
    const next = [i + 1]
    for (const [j, against] of Array.from(other).entries()) {
      const change = (row[j] ?? 0) + (letter === against ? 0 : 1)
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}

/** The known word that was probably meant; null when none is near enough to be worth saying. */
export const nearest = (written: string, known: readonly string[]): string | null => {
  const folded = (word: string) => word.toLowerCase().replaceAll(/[^a-z]/g, '')
  const near = known
    .map((word) => ({ word, changes: distance(folded(written), folded(word)) }))
    .filter(({ word, changes }) => changes <= Math.max(1, Math.floor(word.length / 3)))
    .sort((one, other) => one.changes - other.changes)
  return near[0]?.word ?? null
}
