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
    meaning: 'Sound only. Level of the output in decibels: 0 is full, −6 is half the voltage.',
    expected: 'a number of decibels, 0 or less',
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
  volume: { meaning: 'Quiet hours and ceilings. They bind everything but alerts.', expected: section },
  'volume.fadeSeconds': {
    meaning: 'How long the level takes to a new ceiling while something plays.',
    expected: 'a number of seconds',
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
