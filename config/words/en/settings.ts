import type { SettingWords } from '../words.ts'
import type { SettingKey } from '../../keys.ts'

const section = 'a section: lines under it, set in by two spaces'

export const settings: Record<SettingKey, SettingWords> = {
  device: {
    meaning: 'The stable public name of this box, unique in the whole system.',
    expected: '1 to 48 letters (without diacritics), digits and hyphens, beginning with a letter or digit',
  },
  area: {
    meaning: 'Where the box hangs: country, province, commune, hamlet, from the largest to the smallest.',
    expected: 'up to 10 parts of lower-case letters, digits and hyphens, with / between them',
  },
  groups: {
    meaning: 'Groups that the box also listens to, such as markets or schools of its area.',
    expected: 'a list of at most 32 names of lower-case letters, digits and hyphens; digits alone need quotation marks',
  },
  trust: { meaning: 'Whom the box believes.', expected: section },
  'trust.root': {
    meaning:
      'Public key of the root, pinned at enrolment. Every message must be signed by a key that the root delegated.',
    expected: 'the 43 characters of the public key (x of the JWK) that the head-end printed; never the private key',
  },
  broker: { meaning: 'The line to the head-end.', expected: section },
  'broker.url': {
    meaning: 'Address of the MQTT broker. mqtts is encrypted; mqtt is for tests on one table.',
    expected: 'mqtts://, mqtt://, wss:// or ws://, then a name or address, then perhaps a port',
  },
  'broker.ca': {
    meaning: 'File with the certificates of the authorities to trust. Without it, those of the system are used.',
    expected: 'the path of a PEM file',
  },
  'broker.certificate': {
    meaning: 'File with the certificate of this box.',
    expected: 'the path of a PEM file',
  },
  'broker.key': {
    meaning: 'File with the private key of this box. Only root and the user loa may read it.',
    expected: 'the path of a PEM file',
  },
  'broker.keepaliveSeconds': {
    meaning: 'How soon a dead line is noticed. Shorter costs more mobile data.',
    expected: 'a whole number of seconds',
  },
  outputs: {
    meaning: 'The loudspeakers and screens of this box.',
    expected: 'a list of 1 to 16 outputs, each beginning with a hyphen',
  },
  'outputs[].name': {
    meaning: 'Name of the output, unique on this box. Programmes and records call it by this name.',
    expected: '1 to 32 lower-case letters, digits and hyphens, beginning with a letter',
  },
  'outputs[].medium': { meaning: 'What the output does.', expected: 'sound or picture' },
  'outputs[].device': {
    meaning: 'Sound only. The ALSA device, as `aplay -L` names it.',
    expected: 'a device name from the list that `aplay -L` prints',
  },
  'outputs[].latencyMs': {
    meaning: 'Sound only. Delay of this model of card and amplifier, from write to horn, in milliseconds.',
    expected: 'a number of milliseconds',
  },
  'outputs[].gainDb': {
    meaning:
      'Sound only. Trim of the output in decibels: 0 is full, −6 is half the voltage. Alerts are never softer than this.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].rateHz': {
    meaning:
      'Sound only. The rate of the card or sound server, in frames per second: what is computed at it is not resampled again. See docs/sound.md.',
    expected: '32000, 44100, 48000 or 96000',
  },
  'outputs[].channels': {
    meaning:
      'Sound only. `left` or `right`: everything goes to that channel of the device, and the other is left to another output. Two amplifiers on one card are two zones so. See docs/sound.md.',
    expected: 'both, left or right',
  },
  'outputs[].levelsDb': {
    meaning:
      'Sound only. Level of each priority on this output alone, instead of that in volume.levelsDb. What is not named here is as there.',
    expected: section,
  },
  'outputs[].levelsDb.live': {
    meaning: 'On this output alone, instead of volume.levelsDb: an official speaking now.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].levelsDb.mobilised': {
    meaning: 'On this output alone, instead of volume.levelsDb: a lawful takeover of a private board.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].levelsDb.urgent': {
    meaning: 'On this output alone, instead of volume.levelsDb: urgent programmes.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].levelsDb.priority': {
    meaning: 'On this output alone, instead of volume.levelsDb: programmes with priority.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].levelsDb.normal': {
    meaning: 'On this output alone, instead of volume.levelsDb: ordinary programmes.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].levelsDb.filler': {
    meaning: 'On this output alone, instead of volume.levelsDb: music between programmes, and the owner’s own content.',
    expected: 'a number of decibels, 0 or less',
  },
  'outputs[].mixer': {
    meaning:
      'Sound only. The mixer of the card: kept at this level and never muted, whoever turns it. See docs/sound.md.',
    expected: section,
  },
  'outputs[].mixer.control': {
    meaning: 'Its control, as `amixer -D DEVICE scontrols` names it.',
    expected: 'a name such as PCM, Master or Headphone',
  },
  'outputs[].mixer.device': {
    meaning: 'Its device, as ALSA names it for `amixer -D`.',
    expected: 'a device such as hw:Headphones',
  },
  'outputs[].mixer.levelDb': {
    meaning: 'The level at which the control stands, on a card that knows decibels.',
    expected: 'a number of decibels',
  },
  'outputs[].mixer.levelPercent': {
    meaning: 'The same for a card that knows only steps: the share of its range.',
    expected: 'a whole number from 0 to 100',
  },
  'outputs[].capture': {
    meaning: 'Sound only. What hears this loudspeaker: a feedback line of the amplifier, or a microphone.',
    expected: section,
  },
  'outputs[].capture.device': {
    meaning: 'The ALSA device that captures, as `arecord -L` names it.',
    expected: 'a device name from the list that `arecord -L` prints',
  },
  'outputs[].capture.gainDb': {
    meaning: 'From what is sent to what is captured, as `loa calibrate` measured it. Without it levels are not judged.',
    expected: 'a number of decibels between -120 and 60',
  },
  'outputs[].capture.toleranceDb': {
    meaning: 'How much louder or quieter than calibrated it may be before an alarm is raised.',
    expected: 'a number of decibels between 1 and 60',
  },
  'outputs[].videoOutput': {
    meaning: 'Picture only. drm: straight to HDMI, as on a box. x11 and gpu: on a desktop.',
    expected: 'drm, x11 or gpu',
  },
  'outputs[].display': {
    meaning: 'Picture only, with x11: the X display.',
    expected: 'an X display in quotation marks',
  },
  'outputs[].width': { meaning: 'Picture only. Width of the picture in pixels.', expected: 'a whole number of pixels' },
  'outputs[].height': {
    meaning: 'Picture only. Height of the picture in pixels.',
    expected: 'a whole number of pixels',
  },
  state: { meaning: 'What must survive a power cut.', expected: section },
  'state.folder': { meaning: 'Folder of the databases: schedule, records, media.', expected: 'the path of a folder' },
  media: { meaning: 'The media cache.', expected: section },
  'media.quotaBytes': {
    meaning: 'How much room media may take on the card, in bytes.',
    expected: 'a whole number of bytes',
  },
  'media.fileBytesMax': {
    meaning: 'The largest single file that is fetched, in bytes.',
    expected: 'a whole number of bytes',
  },
  heartbeat: { meaning: 'How often the box reports.', expected: section },
  'heartbeat.seconds': { meaning: 'Seconds between two heartbeats.', expected: 'a whole number of seconds' },
  timeZone: {
    meaning: 'Time zone of the box, for its hours and its records.',
    expected: 'a time zone as IANA names it',
  },
  position: { meaning: 'Where the box hangs, for alerts that name an area by its borders.', expected: section },
  'position.latitude': { meaning: 'Degrees north; south is negative (WGS 84).', expected: 'a number of degrees' },
  'position.longitude': { meaning: 'Degrees east; west is negative (WGS 84).', expected: 'a number of degrees' },
  languages: {
    meaning: 'Languages in which alerts are spoken and shown here, the first that an alert has.',
    expected: 'a list of language tags (BCP 47)',
  },
  volume: {
    meaning: 'Levels by priority, quiet hours and ceilings. They bind everything but alerts.',
    expected: section,
  },
  'volume.fadeSeconds': {
    meaning: 'How long the level takes to a new ceiling while something plays.',
    expected: 'a number of seconds',
  },
  'volume.levelsDb': {
    meaning:
      'Level of each priority below that of the output. Alerts have none: they sound at the level of the output.',
    expected: section,
  },
  'volume.levelsDb.live': { meaning: 'An official speaking now.', expected: 'a number of decibels, 0 or less' },
  'volume.levelsDb.mobilised': {
    meaning: 'A lawful takeover of a private board.',
    expected: 'a number of decibels, 0 or less',
  },
  'volume.levelsDb.urgent': { meaning: 'Urgent programmes.', expected: 'a number of decibels, 0 or less' },
  'volume.levelsDb.priority': { meaning: 'Programmes with priority.', expected: 'a number of decibels, 0 or less' },
  'volume.levelsDb.normal': { meaning: 'Ordinary programmes.', expected: 'a number of decibels, 0 or less' },
  'volume.levelsDb.filler': {
    meaning: 'Music between programmes, and the owner’s own content.',
    expected: 'a number of decibels, 0 or less',
  },
  'volume.rules': {
    meaning: 'The rules; where several apply, the lowest ceiling counts.',
    expected: 'a list of rules',
  },
  'volume.rules[].from': {
    meaning: 'When the rule begins, local time.',
    expected: 'hours and minutes in quotation marks',
  },
  'volume.rules[].until': {
    meaning: 'When it ends; earlier than its beginning means the next day.',
    expected: 'hours and minutes in quotation marks',
  },
  'volume.rules[].days': {
    meaning: 'Days on which it begins. All if absent.',
    expected: 'some of mo, tu, we, th, fr, sa, su',
  },
  'volume.rules[].outputs': {
    meaning: 'Outputs that it binds. All if absent.',
    expected: 'a list of names of outputs',
  },
  'volume.rules[].priorities': {
    meaning: 'Levels that it binds. All but alerts if absent.',
    expected: 'some of live, mobilised, urgent, priority, normal, filler',
  },
  'volume.rules[].ceilingDb': {
    meaning: 'The most that is allowed, level of the output included.',
    expected: 'a number of decibels, 0 or less',
  },
  'volume.rules[].silent': {
    meaning: 'Nothing sounds at all; what is due is recorded as missed.',
    expected: 'true or false',
  },
  loudness: {
    meaning: 'Everything is brought to one loudness, however it was recorded. See docs/sound.md.',
    expected: section,
  },
  'loudness.enabled': {
    meaning: 'Whether anything is levelled. false: all is played as it was recorded.',
    expected: 'true or false',
  },
  'loudness.targetLufs': {
    meaning: 'The loudness of all that has no target of its own (EBU R128).',
    expected: 'a number of LUFS from −40 to −8',
  },
  'loudness.maxGainDb': {
    meaning: 'What is too soft is raised by so much at most: beyond it there is only noise.',
    expected: 'a number of decibels from 0 to 40',
  },
  'loudness.alertLufs': {
    meaning: 'Words and recordings of alerts: raised to this, never lowered.',
    expected: 'a number of LUFS from −40 to −8',
  },
  'loudness.liveLufs': { meaning: 'Officials who speak now.', expected: 'a number of LUFS from −40 to −8' },
  'loudness.relayLufs': { meaning: 'Stations that are relayed.', expected: 'a number of LUFS from −40 to −8' },
  'loudness.jingleLufs': { meaning: 'Chimes and station identities.', expected: 'a number of LUFS from −40 to −8' },
  'loudness.fillerLufs': {
    meaning: 'Music between programmes, and the owner’s own content.',
    expected: 'a number of LUFS from −40 to −8',
  },
  alerts: { meaning: 'Which alerts the box obeys.', expected: section },
  'alerts.statuses': {
    meaning: 'CAP statuses that sound here.',
    expected: 'some of Actual, Exercise, System, Test, Draft',
  },
  'alerts.geocodes': {
    meaning: 'Codes of the places that this box belongs to, as alerts name them. Its area path always counts.',
    expected: 'a list of name=value',
  },
  'alerts.sources': {
    meaning: 'Folders and feeds where the box itself looks for CAP alerts. Whoever can write there can speak here.',
    expected: 'a list of sources',
  },
  'alerts.sources[].folder': {
    meaning: 'A folder with CAP files; only root and loa may write to it.',
    expected: 'the path of a folder',
  },
  'alerts.sources[].feed': {
    meaning: 'An Atom feed of CAP; https, unless it is on this machine.',
    expected: 'an address that begins with https://',
  },
  'alerts.sources[].senders': { meaning: 'CAP senders that are believed there.', expected: 'a list of names' },
  'alerts.sources[].seconds': { meaning: 'How often it is looked at.', expected: 'a whole number of seconds' },
  speech: { meaning: 'How texts and alerts are spoken. See docs/speech.md.', expected: section },
  'speech.voice': {
    meaning: 'The Vietnamese that is spoken where the box hangs.',
    expected: 'north, central or south',
  },
  'speech.words': {
    meaning: 'A YAML file with words of the commune, each line `written: spoken`. They count before the built-in ones.',
    expected: 'the path of a file',
  },
  'speech.command': {
    meaning:
      'A program that reads text from standard input and writes WAV to standard output, with its arguments; {voice} and {language} are filled in. espeak-ng stands in when it fails.',
    expected: 'a list: the program, then its arguments',
  },
  'speech.http': {
    meaning: 'A server that turns text into sound, instead of a command. espeak-ng stands in when it fails.',
    expected: section,
  },
  'speech.http.url': { meaning: 'Where the text is sent, by POST.', expected: 'an address that begins with https://' },
  'speech.http.json': {
    meaning: 'What is sent, with {text}, {voice} and {language} to be filled in. The text alone if absent.',
    expected: 'JSON with "{text}" in it, between single quotation marks',
  },
  'speech.http.header': { meaning: 'The header that carries the secret.', expected: 'a name of letters and dashes' },
  'speech.http.secret': {
    meaning: 'File with the value of that header, as in `Bearer 4f2…`. It is never logged.',
    expected: 'the path of a file that only root and loa can read',
  },
  'speech.http.version': {
    meaning: 'Change it when the voice on the server has changed, so that everything is spoken anew.',
    expected: 'a short text between quotation marks',
  },
  'speech.http.bytesMax': { meaning: 'A longer answer is refused.', expected: 'a whole number of bytes' },
  'speech.languages': {
    meaning: 'The languages that the command or the server speaks; the others are left to espeak-ng.',
    expected: 'a list of language tags',
  },
  'speech.timeoutSeconds': {
    meaning: 'How long the command or the server may take for one text. An alert waits for 10 seconds at most.',
    expected: 'a whole number of seconds',
  },
  owner: { meaning: 'For a board that belongs to a shop or company: what its owner shows.', expected: section },
  'owner.name': {
    meaning: 'Name of the owner in the records.',
    expected: 'up to 64 letters without accents, digits, dots, dashes',
  },
  'owner.folders': {
    meaning: 'Folders with pictures, videos and sounds, USB sticks too.',
    expected: 'a list of folders',
  },
  'owner.playlist': {
    meaning: 'Address of a playlist (M3U) in the owner’s network.',
    expected: 'an address that begins with http:// or https://',
  },
  'owner.stillSeconds': { meaning: 'How long each picture stays.', expected: 'a number of seconds' },
  'owner.outputs': { meaning: 'Outputs on which it is played. All if absent.', expected: 'a list of names of outputs' },
  amplifiers: {
    meaning: 'Amplifiers that are switched on ahead of sound and off after it, and asked how they are.',
    expected: 'a list of at most 8 amplifiers, each beginning with a hyphen',
  },
  'amplifiers[].name': {
    meaning: 'Name of the amplifier in status, reports and alarms.',
    expected: '1 to 32 lower-case letters, digits and hyphens, beginning with a letter',
  },
  'amplifiers[].outputs': {
    meaning: 'Loudspeakers that it feeds. All if absent.',
    expected: 'a list of names of outputs',
  },
  'amplifiers[].warmUpSeconds': {
    meaning: 'How long it needs between power and sound. Alerts and announcements do not wait for it.',
    expected: 'a number of seconds',
  },
  'amplifiers[].coolDownSeconds': {
    meaning: 'How long it stays on after the last sound.',
    expected: 'a number of seconds',
  },
  'amplifiers[].minimumOnSeconds': {
    meaning: 'It stays on at least so long, to spare the relay.',
    expected: 'a number of seconds',
  },
  'amplifiers[].gpio': {
    meaning: 'A relay on a GPIO line of this computer that switches it.',
    expected: section,
  },
  'amplifiers[].gpio.chip': {
    meaning: 'The GPIO chip, as `gpiodetect` lists it.',
    expected: 'gpiochip and a number',
  },
  'amplifiers[].gpio.line': {
    meaning: 'The line of the chip, as `gpioinfo` lists it.',
    expected: 'a whole number',
  },
  'amplifiers[].gpio.activeLow': {
    meaning: 'true: the relay is on while the line is low.',
    expected: 'true or false',
  },
  'amplifiers[].modbus': {
    meaning: 'A Modbus line over which it is switched, read, or both.',
    expected: section,
  },
  'amplifiers[].modbus.line': {
    meaning: 'The serial device; or tcp:// for Modbus TCP, rtu-tcp:// for a plain serial gateway.',
    expected: 'a path such as /dev/ttyUSB0, or tcp:// and an address',
  },
  'amplifiers[].modbus.baudRate': {
    meaning: 'Speed of the line, as the manual of the amplifier says.',
    expected: 'a whole number of bits per second',
  },
  'amplifiers[].modbus.parity': {
    meaning: 'Parity of the line.',
    expected: 'none, even or odd',
  },
  'amplifiers[].modbus.stopBits': {
    meaning: 'Stop bits. The standard asks for 2 without parity; most devices have 1.',
    expected: '1 or 2',
  },
  'amplifiers[].modbus.unit': {
    meaning: 'Number of the amplifier on the line.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.timeoutMs': {
    meaning: 'How long an answer is waited for.',
    expected: 'a whole number of milliseconds',
  },
  'amplifiers[].modbus.retries': {
    meaning: 'How often it is asked again before it counts as silent.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.pollSeconds': {
    meaning: 'How often its registers are read.',
    expected: 'a number of seconds',
  },
  'amplifiers[].modbus.power': {
    meaning: 'The register that switches it, where no GPIO line does.',
    expected: section,
  },
  'amplifiers[].modbus.power.kind': {
    meaning: 'Table of the register.',
    expected: 'coil or holding',
  },
  'amplifiers[].modbus.power.address': {
    meaning: 'Address on the wire, from 0. Manuals that count from 1 or 40001 are one off.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.power.on': {
    meaning: 'Value that switches it on.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.power.off': {
    meaning: 'Value that switches it off.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.power.readBack': {
    meaning: 'Whether the register tells the state when it is read; then it is looked after.',
    expected: 'true or false',
  },
  'amplifiers[].modbus.readings': {
    meaning: 'Registers that are read and reported.',
    expected: 'a list of at most 32 registers',
  },
  'amplifiers[].modbus.readings[].name': {
    meaning: 'What it is, in reports and alarms.',
    expected: '1 to 32 lower-case letters, digits and hyphens, beginning with a letter',
  },
  'amplifiers[].modbus.readings[].kind': {
    meaning: 'Table of the register.',
    expected: 'coil, discrete, holding or input',
  },
  'amplifiers[].modbus.readings[].address': {
    meaning: 'Address on the wire, from 0. Manuals that count from 1, 30001 or 40001 are one off.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.readings[].type': {
    meaning: 'How its bits make a number. Coils and discrete inputs are always 0 or 1.',
    expected: 'u16, s16, u32, s32 or f32',
  },
  'amplifiers[].modbus.readings[].wordOrder': {
    meaning: 'Of two registers, which holds the upper half.',
    expected: 'high-first or low-first',
  },
  'amplifiers[].modbus.readings[].scale': {
    meaning: 'The number in the register times this is the value.',
    expected: 'a number',
  },
  'amplifiers[].modbus.readings[].unit': {
    meaning: 'Unit of the value, for people.',
    expected: 'up to 8 letters',
  },
  'amplifiers[].modbus.readings[].minimum': {
    meaning: 'Below this is an alarm.',
    expected: 'a number',
  },
  'amplifiers[].modbus.readings[].maximum': {
    meaning: 'Above this is an alarm.',
    expected: 'a number',
  },
  'amplifiers[].modbus.readings[].whileOn': {
    meaning: 'true: it is judged only while the amplifier has power.',
    expected: 'true or false',
  },
  'amplifiers[].modbus.readings[].bits': {
    meaning: 'Bits that mean something is wrong: protections, a door.',
    expected: 'a list of bits',
  },
  'amplifiers[].modbus.readings[].bits[].bit': {
    meaning: 'Number of the bit; 0 is the lowest. Of a coil or discrete input always 0.',
    expected: 'a whole number',
  },
  'amplifiers[].modbus.readings[].bits[].name': {
    meaning: 'What is wrong then, such as overheat or door-open.',
    expected: '1 to 32 lower-case letters, digits and hyphens, beginning with a letter',
  },
  'amplifiers[].modbus.readings[].bits[].alarmAt': {
    meaning: '0: it is wrong while the bit is 0, as with a contact that opens.',
    expected: '0 or 1',
  },
  clock: { meaning: 'Where the time comes from.', expected: section },
  'clock.source': {
    meaning:
      'ntp: the clock is believed once a time server confirmed it. battery: a battery keeps it, believe it at once.',
    expected: 'ntp or battery',
  },
  control: { meaning: 'How the loa command reaches the agent.', expected: section },
  'control.socket': { meaning: 'Local socket of the agent.', expected: 'the path of a socket, at most 107 bytes long' },
  log: { meaning: 'What the agent writes to the journal.', expected: section },
  'log.level': { meaning: 'The least important message that is written.', expected: 'debug, info, warn or error' },
  language: { meaning: 'Language of the loa command. By locale if absent.', expected: 'vi or en' },
}
