import type { LiveWords } from '../../live/words.ts'

const refusals: LiveWords['refusals'] = {
  malformed: 'the message is not in order',
  'unknown-key': 'this box does not know the key: it was made under another root',
  'bad-signature': 'the signature does not hold',
  'not-its-area': 'the key may not speak for this box',
  'wrong-kind': 'the key may not make announcements',
  'above-its-priority': 'the key may not interrupt programmes',
  expired: 'the right to speak has ended, or the clock is wrong',
  replayed: 'the box has had a later message of this key',
  'too-large': 'the message is too long',
}

const help = `loa live – speak through this box

Usage: loa live [--mic [DEVICE] | --from FILE] [OPTIONS]

  --mic [DEVICE]    The microphone (default: the one that the system uses). hw:1,0 and plughw:1,0 are
                    ALSA's, pulse or pulse:NAME is PulseAudio's; arecord -l lists them
  --from FILE       A recording instead
  --title TEXT      What it is called in the reports
  --for 30m         It ends by itself after this (default 1h)
  --outputs a,b     Only these loudspeakers
  --over            Speak over what plays: it goes on below, turned down, and comes back
  --speaker FILE    The file with your key (default /etc/loa/speaker.jwe); your passphrase is asked for
  --settings FILE   The settings file (default /etc/loa/loa.yaml)
  --lang vi|en      The language

Ctrl-C ends it, and what it interrupted goes on. An alert is stronger and is heard first.`

export const live: LiveWords = {
  help,
  defaultTitle: 'Live announcement',
  passphrase: 'Passphrase of the speaker file (it is not shown): ',
  faults: {
    'bad-duration': ({ found }) => ({
      wrong: `--for: “${found}” is no length of time.`,
      next: 'Write it like 90s, 30m or 2h; at most 24h.',
    }),
    'two-sources': () => ({ wrong: '--mic and --from were both given.', next: 'Choose one of them.' }),
    'speaker-unreadable': ({ file, detail }) => ({
      wrong: `The speaker file ${file} cannot be read (${detail}).`,
      next: 'Name yours with --speaker. The head-end makes one with: headend keys speaker',
    }),
    'speaker-damaged': ({ file }) => ({
      wrong: `${file} is not a speaker file, or it is damaged.`,
      next: 'Have the head-end make a new one: headend keys speaker',
    }),
    'passphrase-missing': () => ({ wrong: 'No passphrase was given.', next: 'Type the one that belongs to the file.' }),
    'passphrase-wrong': ({ file }) => ({
      wrong: `The passphrase is wrong, or ${file} was changed.`,
      next: 'Try again; is Caps Lock or another keyboard on?',
    }),
    'speaker-early': ({ from }) => ({
      wrong: `The right to speak begins at ${from} only.`,
      next: 'If that is past, the clock of this box is wrong: loa doctor',
    }),
    'speaker-ended': ({ until }) => ({
      wrong: `The right to speak ended at ${until}.`,
      next: 'Have the head-end make a new file: headend keys speaker',
    }),
    'speaker-elsewhere': ({ area, box }) => ({
      wrong: `With this file one may speak in ${area}; this box is in ${box}.`,
      next: 'Use a file for this place.',
    }),
    'speaker-mute': () => ({
      wrong: 'With this key one may not make announcements.',
      next: 'Have the head-end make a file for it: headend keys speaker',
    }),
    'output-unknown': ({ name, known }) => ({
      wrong: `This box has no loudspeaker named “${name}”.`,
      next: `It has: ${known.join(', ')}`,
    }),
    'no-sound-output': () => ({ wrong: 'This box has no loudspeaker.', next: 'See outputs in the settings.' }),
    'ffmpeg-missing': () => ({ wrong: 'ffmpeg is missing.', next: 'sudo apt install ffmpeg' }),
    'source-failed': ({ source, detail }) => ({
      wrong: `No sound from ${source}: ${detail}`,
      next: 'Is it plugged in? arecord -l lists microphones; name one with --mic plughw:1,0',
    }),
    'source-silent': ({ source }) => ({
      wrong: `${source} is open but gives no sound at all.`,
      next: 'Choose another with --mic; arecord -l lists them.',
    }),
    'cannot-listen': ({ detail }) => ({
      wrong: `The sound cannot be offered: ${detail}`,
      next: 'Is another announcement going on here? Then choose another port.',
    }),
    refused: ({ reason, detail }) => ({
      wrong: `The box refused it: ${refusals[reason] ?? reason}.`,
      next: `What it said: ${detail}`,
    }),
    busy: () => ({ wrong: 'The box is too busy to listen.', next: 'Try again in a moment.' }),
    'agent-gone': () => ({ wrong: 'The agent is gone.', next: 'loa status' }),
    'stop-unsent': ({ seconds }) => ({
      wrong: 'The end could not be told to the box.',
      next: `It ends by itself: nothing more comes from here, and after ${seconds} s it notices.`,
    }),
  },
  refusals,
  begun: (title) => `You may speak: “${title}”`,
  howToEnd: 'Ctrl-C ends it.',
  onAir: 'ON AIR',
  waiting: 'WAITING',
  tooQuiet: 'too quiet: speak closer',
  tooLoud: 'too loud',
  listeners: (count) => `${count} listening`,
  heardOn: (outputs) => `heard on ${outputs.join(', ')}`,
  notHeard: 'not heard yet',
  confirmed: (count) => `${count} ${count === 1 ? 'box obeys' : 'boxes obey'}`,
  refusedBy: (device, reason) => `${device} refused it: ${refusals[reason] ?? reason}`,
  ends: {
    asked: 'It is over.',
    'end-of-file': 'The recording is over.',
    'time-over': 'The time is over.',
    'source-failed': 'It is over: the source failed.',
    'agent-gone': 'It is over: the box does not answer any more.',
  },
}
