import type { Words } from '../words.ts'

const help = `loa calibrate – measure how long the sound takes from the card to the street, and how loud it arrives

Usage: sudo systemctl stop loa
       loa calibrate [OPTIONS]

Bursts of noise are played through an output and captured by a loopback cable or a microphone.
It prints latencyMs and capture.gainDb for the settings.

  --output NAME     The output; without it, the first loudspeaker of the settings
  --capture DEVICE  The ALSA device that captures (arecord -L); without it, outputs[].capture.device
  --level DB        How loud the noise is, -60 to -6 dBFS (default -26). Begin low, people live here
  --times N         How many bursts, 2 to 20 (default 5)
  --metres M        From the horn to the microphone: what the sound takes on that way is not the card's
  --now             Without the warning of five seconds
  --write           Write the result into the settings file; comments stay
  --settings FILE   The settings file (default /etc/loa/loa.yaml)
  --json            Answer as JSON
  --lang vi|en      The language

Exit code: 0 measured · 1 not measured · 2 the command was not understood`

export const calibrate: Words['calibrate'] = {
  help,
  warning: (seconds) => `Noise will sound from the loudspeaker in ${seconds} seconds. Ctrl-C ends it.`,
  measuring: ({ output, device, capture }) => `Output ${output} (${device}), heard by ${capture}:`,
  round: ({ round, times, delayMs, gainDb, confidence }) =>
    `  ${round}/${times}  delay ${delayMs} ms   level ${gainDb} dB   confidence ${confidence}`,
  missed: ({ round, times }) => `  ${round}/${times}  not heard`,
  result: ({ latencyMs, spreadMs, gainDb, spreadDb, rounds }) =>
    `Delay ${latencyMs} ms (within ${spreadMs} ms), level ${gainDb} dB (within ${spreadDb} dB), from ${rounds} bursts.`,
  early: (ms) =>
    `The sound arrives ${ms} ms earlier than the card claims to play it, which latencyMs cannot express: it stays 0.`,
  unsteady:
    'The bursts differ by more than 5 ms: this card or capture device keeps no steady time. Try again, or another one.',
  paste: 'Put these lines under the output in the settings:',
  written: (file) => `Written to ${file}.`,
  after: 'Then: sudo systemctl start loa',
  agentRuns: 'The agent runs and has the card. Stop it first: sudo systemctl stop loa',
  noOutput: (asked, known) =>
    `There is no loudspeaker “${asked}” in the settings. There are: ${known.join(', ') || 'none'}`,
  noCapture:
    'What shall listen? Give --capture DEVICE (arecord -L lists them), or outputs[].capture.device in the settings.',
  badNumber: ({ option, found, least, most }) =>
    `${option}: found “${found}”, expected a number from ${least} to ${most}`,
  settingsWrong: (file) => `The settings cannot be used; see what is wrong: loa config check ${file}`,
  nothingAtAll: (device) =>
    `Nothing at all was captured by ${device}. Is the cable in the input, is the input unmuted (alsamixer, F4), has the microphone power?`,
  notHeard: (captureDb) =>
    `Something is captured (${captureDb} dBFS), but not the noise that was played. Is the loudspeaker on? Is it the right input? A little louder: --level`,
  outputFailed: (detail) => `The output could not play: ${detail}`,
  captureFailed: (detail) => `Nothing could be captured: ${detail}`,
  notWritten: (file, detail) => `${file} could not be written: ${detail}. Put the lines in by hand, or use sudo.`,
  stopped: 'Stopped. Nothing was written.',
}
