import { soundParts } from '../../sound-line.ts'
import type { SoundFindings, SoundWords } from '../words.ts'

const signed = (value: number): string => `${value > 0 ? '+' : ''}${value}`
const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`)
const outside = (levelDb: number | null): string => (levelDb === null ? '' : ` (${signed(levelDb)} dB)`)

export const sound: SoundWords = {
  timing: (lateMs) =>
    lateMs === null ? 'timing not known yet' : `${Math.abs(lateMs)} ms ${lateMs < 0 ? 'early' : 'late'}`,
  gaps: (count) => (count === 0 ? 'no gaps' : count === 1 ? '1 gap' : `${count} gaps`),
  level: (gainDb, isOrdered) => `${signed(gainDb)} dB${isOrdered ? ' by order' : ''}`,
  mixer: (found) => `mixer ${found}`,
  urgency: { 'real-time': 'real time', nice: 'not real time', ordinary: 'no priority' },
  heard: {
    heard: (levelDb) => `heard${outside(levelDb)}`,
    'not-heard': () => 'NOT heard',
    unsure: () => 'not known whether heard',
    nothing: () => 'nothing listened to yet',
  },
  power: { on: 'on', off: 'off', unknown: 'power unknown', always: 'not switched' },
}

/** Each cause has its own remedy. */
const REMEDIES: Partial<Record<string, string>> = {
  'its source gave too little': 'A stream or the card that the files lie on is too slow: journalctl -u loa -n 50',
  'the box was too busy':
    'What takes the processor: top. Is the power supply weak or the box hot? vcgencmd get_throttled',
}

export const soundFindings: SoundFindings = {
  'sound-well': ({ output, figures }) => ({ text: `${output}: ${soundParts(figures, sound).join(' · ')}`, next: null }),
  'sound-unheard': ({ output, at }) => ({
    text: `${output}: what was played was NOT heard outside (${at})`,
    next: 'Has the amplifier power, is its volume up, is the line to the horn whole? docs/proof-of-sound.md',
  }),
  'sound-mute': ({ output }) => ({
    text: `${output}: muted by order; only alerts sound`,
    next: 'Only the head-end can end it: command unmute',
  }),
  'sound-mixer': ({ output, control, device, detail }) => ({
    text: `${output}: ${detail}`,
    next: `What it is now: amixer -D ${device} sget ${control}. What turns it, often: sudo systemctl disable --now alsa-restore`,
  }),
  'sound-gaps': ({ output, count, cause, at }) => ({
    text: `${output}: ${count === 1 ? '1 gap' : `${count} gaps`} in the sound, last ${at}${cause === null ? '' : `: ${cause}`}`,
    next: REMEDIES[cause ?? ''] ?? 'journalctl -u loa -n 50',
  }),
  'sound-late': ({ output, lateMs }) => ({
    text: `${output}: ${Math.abs(lateMs)} ms ${lateMs < 0 ? 'early' : 'late'}: beside another cabinet it is heard as an echo`,
    next: 'Use the card itself (plughw:…) as its device, then: loa calibrate',
  }),
  'sound-not-urgent': ({ output, urgency }) => ({
    text: `${output}: the sound process does not run in real time (${urgency === 'nice' ? 'only raised priority' : 'no priority at all'}): a busy box may be heard as gaps`,
    next: 'Is chrt there (sudo apt-get install util-linux)? systemctl show loa -p LimitRTPRIO must say 20; if not: scripts/install',
  }),
  'sound-levelled': ({ waiting }) => ({
    text:
      waiting === 0
        ? 'Loudness: every file is measured'
        : `Loudness: ${files(waiting)} still to be measured, played as recorded until then`,
    next: null,
  }),
  'sound-unlevelled': ({ waiting, failed }) => ({
    text: `Loudness: ${files(failed)} could not be measured and play as recorded${waiting === 0 ? '' : `; ${files(waiting)} still to be measured`}`,
    next: 'Which: journalctl -u loa | grep "loudness not measured". Have them published anew',
  }),
}
