import type { Words } from '../words.ts'

/** Faults of outputs, then alarms, by their codes on the wire. */
export const faultCodes: Words['faultCodes'] = {
  'device-missing': 'device not found',
  'device-failed': 'device failed',
  'process-died': 'player process died',
  'process-hung': 'player process hung',
  'media-unreadable': 'file cannot be read',
  'media-unsupported': 'file is of a kind that cannot be played',
  'stream-failed': 'live stream failed',
  'output-absent': 'an output has no device',
  'output-restarting': 'a player keeps stopping and is restarted',
  'play-failed': 'a programme could not be played',
  'relay-degraded': 'a relayed station is not heard from its first source',
  'media-failed': 'a file could not be fetched',
  'media-quota': 'no room for all files',
  overloaded: 'too many messages at once',
  'store-repaired': 'the database was damaged and begun anew',
  'store-failed': 'the database cannot be written',
  'records-dropped': 'reports were lost for want of room',
  'owner-content': 'something of the owner’s content cannot be played',
  'clock-unsynced': 'the clock is not confirmed',
  'alert-words': 'the words of an alert are missing, or are not those that were meant',
  'speech-engine': 'another voice stands in, or words of the commune are passed over',
  'speech-item': 'a text cannot be spoken, or is longer than its time',
  'alert-source': 'a folder or feed of alerts cannot be read or is not safe',
}
