import type { Words } from '../words.ts'
import { amplifier } from './amplifier.ts'
import { calibrate } from './calibrate.ts'
import { doctor } from './doctor.ts'
import { faults } from './faults.ts'
import { faultCodes } from './codes.ts'
import { live } from './live.ts'
import { schedule } from './schedule.ts'
import { sound } from './sound.ts'
import { settings } from './settings.ts'

const several = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

const help = `loa – the runtime of public loudspeakers and boards

Usage: loa COMMAND [OPTIONS]

  loa status               What this box is doing now, and what comes next
  loa schedule [DAY]       What it will do today, tomorrow or on a day
  loa schedule why [OUTPUT] [DAY] [TIME]
                           What wins at that moment, over what, and why
  loa amplifier [NAME] [on|off]
                           How amplifiers are; on by hand for ten minutes
  loa amplifier NAME read KIND ADDRESS [COUNT]
                           What registers of Modbus hold
  loa doctor               Examine the box; every fault comes with its next step
  loa config check [FILE]  Check the settings; every mistake is shown at once
  loa calibrate            Measure the delay of a card and what a microphone hears of it
                           (loa calibrate --help)
  loa say TEXT [--to FILE.wav] [--voice north|central|south] [--language TAG]
                           How a text is read out; with --to also as sound
  loa live                 Speak through this box (loa live --help)
  loa version              The version of this program
  loa --help               This page

Options
  --settings FILE   The settings file (default /etc/loa/loa.yaml)
  --json            status, schedule, amplifier, doctor and config check: answer as JSON
  --lang vi|en      The language (default: the settings, then the locale)

Exit code: 0 all is right · 1 something is wrong · 2 the command was not understood`

export const en: Words = {
  locale: 'en-GB',
  labels: { line: 'line', found: 'Found', expected: 'Expected', next: 'Do this' },
  settings,
  faults,
  check: {
    right: (file) => `${file} is right.`,
    wrong: (file, count) => `${file} has ${count === 1 ? 'a mistake' : `${count} mistakes`}.`,
    summary: {
      device: 'Device',
      area: 'Area',
      broker: 'Broker',
      outputs: 'Outputs',
      encrypted: 'encrypted',
      unencrypted: 'NOT encrypted',
    },
    afterRight: 'The agent reads it when it starts: sudo systemctl restart loa',
    afterWrong: (file) => `Edit it with: sudo nano ${file}`,
  },
  durations: { day: 'd', hour: 'h', minute: 'min', second: 's' },
  media: { sound: 'sound', picture: 'picture' },
  status: {
    running: (duration) => `running for ${duration}`,
    headings: {
      now: 'Now',
      sound: 'Sound',
      amplifiers: 'Amplifiers',
      next: 'Next',
      box: 'Box',
      schedules: 'Schedules',
      alarms: 'Alarms',
    },
    rows: { clock: 'Clock', broker: 'Head-end', cache: 'Cache', outbox: 'Reports', version: 'Version' },
    playing: (heard) => `for ${heard}`,
    over: 'over',
    idle: 'quiet',
    muted: 'muted',
    level: (gainDb) => `${gainDb} dB`,
    heard: {
      heard: (levelDb) => `heard outside${levelDb === null ? '' : ` (${levelDb > 0 ? '+' : ''}${levelDb} dB)`}`,
      'not-heard': () => 'NOT heard outside',
      unsure: () => 'not known whether it is heard outside',
    },
    outputStates: { ready: 'ready', absent: 'no device', restarting: 'restarting' },
    restarts: (count) => `restarted ${several(count, 'time', 'times')}`,
    nothingNext: 'nothing is planned',
    startsIn: (duration) => `in ${duration}`,
    clockTrust: {
      unsynced: 'not confirmed yet: programmes wait, alerts do not',
      holdover: 'was confirmed, runs on by itself now',
      synced: 'confirmed by a time server',
    },
    connected: (protocol) => `connected (MQTT ${protocol})`,
    disconnected: 'not connected; the box goes on playing what it has',
    reconnects: (count) => `reconnected ${several(count, 'time', 'times')}`,
    cache: ({ files, used, quota, percent }) =>
      `${several(files, 'file', 'files')}, ${used} of ${quota} (${percent} %)`,
    cacheWanted: (files) => `${several(files, 'file', 'files')} still to fetch`,
    outboxEmpty: 'all delivered',
    outboxWaiting: (count) => `${several(count, 'report waits', 'reports wait')} to be delivered`,
    scheduleStates: { pending: 'waiting', current: 'in force' },
    revision: (revision) => `revision ${revision}`,
    noSchedule: 'none received yet',
    since: (moment) => `since ${moment}`,
    absent: {
      wrong: (socket) => `The agent is not running: nobody answers on ${socket}`,
      next: [
        'Start it:             sudo systemctl start loa',
        'Why it stopped:       journalctl -u loa -n 50',
        'Examine the box:      sudo loa doctor',
      ],
    },
    forbidden: {
      wrong: (socket, user) => `${user} may not speak to the agent (${socket})`,
      next: [
        'This time:            sudo loa status',
        'Once and for all:     sudo usermod -aG loa $USER   (then log in again)',
      ],
    },
    silent: {
      wrong: (socket) => `The agent is there but does not answer (${socket}). The watchdog restarts it within a minute`,
      next: ['What happened:        journalctl -u loa -n 50', 'Without waiting:      sudo systemctl restart loa'],
    },
    malformed: {
      wrong: (detail) => `The answer of the agent was not understood: ${detail}`,
      next: ['After an update, restart the agent:   sudo systemctl restart loa'],
    },
  },
  faultCodes,
  doctor,
  amplifier,
  sound,
  live,
  calibrate,
  schedule,
  say: {
    written: (file, seconds) => `Written to ${file}, ${seconds} s.`,
    unwritten: (file, reason) => `${file} cannot be written: ${reason}`,
    failed: (error) => `It cannot be spoken: ${error}`,
    standsIn: (detail) => `Not by the voice of the settings: ${detail}`,
  },
  command: {
    help,
    unknownCommand: (command) => (command === '' ? 'Which command?' : `There is no command “${command}”.`),
    unknownOption: (detail) => `This was not understood: ${detail}`,
    seeHelp: 'loa --help shows what there is.',
    seeLiveHelp: 'loa live --help shows what there is.',
    version: (version, node) => `loa ${version} (Node.js ${node})`,
  },
}
