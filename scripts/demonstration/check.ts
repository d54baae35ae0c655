/** Judges a run by what it left in its folder, and by nothing else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseWall } from '../../player/plan/time.ts'
import { ClearError } from '../head-end/clear-error.ts'
import type { Pcm } from '../bench-parts/tone.ts'
import { checkPictures } from './check-picture.ts'
import { checkRecords } from './check-records.ts'
import { checkSound } from './check-sound.ts'
import { FILES, readRecords, readSchedule } from './evidence.ts'
import type { Finding } from './finding.ts'

const HEADER_BYTES = 44

/** Only what the demo writes itself: 16-bit PCM after the shortest header. */
const readWav = (file: string): Pcm => {
  const bytes = readFileSync(file)
  const isPlain = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 36, 40) === 'data'
  if (!isPlain) throw new ClearError(`${file} is no WAV file of the demo`)
  const body = Uint8Array.from(bytes.subarray(HEADER_BYTES, bytes.length - ((bytes.length - HEADER_BYTES) % 2)))
  return { samples: new Int16Array(body.buffer), rate: bytes.readUInt32LE(24), channels: bytes.readUInt16LE(22) }
}

/** Sound and pictures are judged where they were recorded: a real card and a real screen are judged by the person. */
export const checkEvidence = async (folder: string): Promise<Finding[]> => {
  const schedule = readSchedule(folder)
  const { recording, airings, toneHz } = schedule
  const findings = checkRecords(airings, readRecords(folder))
  if (recording !== null) {
    const pcm = readWav(join(folder, FILES.sound))
    findings.push(...checkSound(airings, { pcm, firstSampleAt: parseWall(recording.firstSampleAt), toneHz }))
  }
  if (schedule.pictures !== null) findings.push(...(await checkPictures(schedule, folder)))
  return findings
}
