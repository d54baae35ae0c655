import type { ExpectedType, FaultText, FoundType, WordsFault } from '../../fault.ts'
import type { FaultWords } from '../words.ts'

const range = (minimum: number | null, maximum: number | null): string => {
  if (minimum === null) return maximum === null ? '' : `at most ${maximum}`
  return maximum === null ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
}

/** `4_000_000` and `"60"` are text to YAML. */
const isNumberAsText = (expected: ExpectedType, actual: FoundType) =>
  (expected === 'number' || expected === 'whole-number') && actual === 'text'

const foundTypes: FaultWords['foundTypes'] = {
  nothing: 'nothing',
  text: 'text',
  number: 'a number',
  'yes-no': 'true or false',
  list: 'a list',
  section: 'a section',
}

const expectedTypes: FaultWords['expectedTypes'] = {
  text: 'text',
  number: 'a number',
  'whole-number': 'a whole number',
  list: 'a list',
  section: 'a section',
}

const wordsReasons: Record<WordsFault, FaultText> = {
  absent: { wrong: 'there is no such file.', next: 'Copy the file there, or correct the path.' },
  forbidden: { wrong: 'the file cannot be read.', next: 'sudo chown root:loa and sudo chmod 0640 that file.' },
  'too-large': { wrong: 'the file is larger than 256 KiB.', next: 'Keep only the words of the commune in it.' },
  'too-many': { wrong: 'these are more than 2000 words.', next: 'Remove what is not needed.' },
  syntax: { wrong: 'this cannot be read.', next: 'Write one word on each line:  written: spoken' },
  twice: { wrong: 'this word stands in the file twice.', next: 'Remove one of the two lines.' },
  written: {
    wrong: 'the written form must begin with a letter or a digit, and have 60 signs at most.',
    next: 'Write it as it stands in the texts:  HTXNN: hợp tác xã nông nghiệp',
  },
  spoken: {
    wrong: 'the spoken form is missing, or longer than 200 signs.',
    next: 'Write after the colon how it is read:  HTXNN: hợp tác xã nông nghiệp',
  },
}

const syntaxCodes: FaultWords['syntaxCodes'] = {
  indent: 'This line is set in too far or not far enough, or a colon is missing. Compare it with the lines around it.',
  tab: 'There is a tab at the beginning of this line. Use spaces.',
  'duplicate-key': 'This name stands twice in the same section. Remove one of the two.',
  'missing-character': 'A quotation mark or bracket that was opened is not closed, or a comma is missing.',
  'reserved-character':
    'A value begins with a character that has a meaning of its own (* & ! % @ `). Put the value in quotation marks.',
  'not-understood': 'This line cannot be read as YAML. Put values with special characters in quotation marks.',
}

export const faults: FaultWords = {
  oneOf: (names) => `one of: ${names.join(', ')}`,
  syntaxCodes,
  expectedTypes,
  foundTypes,
  unreadable: ({ reason }, { file }) => {
    switch (reason) {
      case 'absent':
        return {
          wrong: 'There is no such file.',
          next: `Copy the example: sudo cp /opt/loa/current/systemd/loa.example.yaml ${file}`,
        }
      case 'forbidden':
        return { wrong: 'You may not read this file.', next: `Run the command again with sudo in front of it.` }
      case 'not-a-file':
        return { wrong: 'This is not a file.', next: 'Give the path of the settings file itself.' }
      case 'too-large':
        return { wrong: 'This file is far too large for settings.', next: 'Give the path of the settings file itself.' }
      case 'failed':
        return { wrong: 'The file cannot be read.', next: 'The card may be damaged: see `dmesg | tail`.' }
    }
  },
  syntax: ({ code }) => ({ wrong: 'The line cannot be understood.', next: syntaxCodes[code] }),
  missing: (_problem, { name, section, example }) => ({
    wrong: 'This setting is missing.',
    next: `Add it${section === '' ? '' : ` under ${section}`}, for instance: ${name}: ${example}`,
  }),
  unknown: ({ nearest, elsewhere }, { name }) => {
    const wrong = 'There is no such setting here.'
    if (nearest !== null) return { wrong, next: `Did you mean ${nearest}?` }
    if (elsewhere === null) return { wrong, next: 'Remove the line, or look for the right name in docs/settings.md.' }
    const at = elsewhere.split('.').slice(0, -1).join('.')
    if (elsewhere === `outputs[].${name}`) {
      return { wrong: 'This setting is for the other kind of output.', next: 'Remove the line, or change medium.' }
    }
    return { wrong, next: at === '' ? `It belongs at the left margin: ${elsewhere}` : `It belongs under ${at}.` }
  },
  'wrong-type': ({ expected, actual }, { example }) => ({
    wrong: `Here stands ${foundTypes[actual]}; it should be ${expectedTypes[expected]}.`,
    next: isNumberAsText(expected, actual)
      ? `Write digits alone, without quotation marks or separators: ${example}`
      : expected === 'text' && (actual === 'number' || actual === 'yes-no')
        ? 'Put the value in quotation marks.'
        : `Write it like this: ${example}`,
  }),
  'out-of-range': ({ minimum, maximum }) => ({
    wrong: 'The number is outside its limits.',
    next: `Choose a number ${range(minimum, maximum)}.`,
  }),
  malformed: (_problem, { example }) => ({
    wrong: 'The value is not written as it should be.',
    next: `For instance: ${example}`,
  }),
  'not-one-of': ({ allowed }) => ({ wrong: 'This value is not known.', next: `Choose one of: ${allowed.join(', ')}` }),
  'wrong-count': ({ minimum, maximum }) => ({
    wrong: 'The list has too few or too many entries.',
    next: `Give ${range(minimum, maximum)} entries.`,
  }),
  duplicate: ({ firstLine }) => ({
    wrong: firstLine === null ? 'Another output has this name.' : `The output on line ${firstLine} has this name too.`,
    next: 'Give each output a name of its own.',
  }),
  file: ({ path, reason }) => {
    switch (reason) {
      case 'absent':
        return { wrong: `There is no file ${path}`, next: 'Copy the file there, or correct the path.' }
      case 'forbidden':
        return {
          wrong: `The file cannot be read: ${path}`,
          next: `sudo chown root:loa ${path} && sudo chmod 0640 ${path}`,
        }
      case 'not-a-path':
        return {
          wrong: 'Here stands a certificate or key itself.',
          next: 'Put it into a file and give the path of that file.',
        }
      case 'not-a-file':
        return { wrong: `This is a folder, not a file: ${path}`, next: 'Give the path of the file itself.' }
    }
  },
  incomplete: ({ needs }) => ({
    wrong: `It is of no use without ${needs}.`,
    next: `Add ${needs}, or remove this line.`,
  }),
  either: ({ names: [one, other], given }) =>
    given === 'both'
      ? { wrong: `Here stand ${one} and ${other}; only one of the two can count.`, next: 'Remove one of the two.' }
      : { wrong: `Here stands neither ${one} nor ${other}.`, next: `Add ${one} or ${other}.` },
  'unknown-zone': (_problem, { example }) => ({
    wrong: 'There is no such time zone.',
    next: `Write it as the tz database does, for instance: ${example}`,
  }),
  'unknown-output': ({ known }) => ({
    wrong: 'No output of this box has this name.',
    next: known.length === 0 ? 'Name the outputs first.' : `Choose one of: ${known.join(', ')}`,
  }),
  words: ({ path, line, reason }) => {
    const where = line === null ? path : `${path}, line ${line}`
    const { wrong, next } = wordsReasons[reason]
    return { wrong: `${where}: ${wrong}`, next }
  },
  unencrypted: () => ({
    wrong: 'Over http anybody on the way can read it and put something else in its place.',
    next: 'Use https; http only for an address on this machine (127.0.0.1).',
  }),
  taken: ({ firstLine }) => ({
    wrong: firstLine === null ? 'This is taken already.' : `This is taken already, on line ${firstLine}.`,
    next: 'Each needs one of its own: change one of the two.',
  }),
  'line-differs': ({ firstLine }) => ({
    wrong: `The same Modbus line has other settings${firstLine === null ? '' : ` on line ${firstLine}`}.`,
    next: 'Give baudRate, parity, stopBits and timeoutMs the same values for all amplifiers on one line.',
  }),
}
