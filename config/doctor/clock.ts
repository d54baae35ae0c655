/** Whether a time server confirms the clock. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../settings.ts'
import type { Box } from './box.ts'
import type { Finding } from './findings.ts'

type Confirmed = { by: string; isSynced: boolean }

const askTimedated = async (box: Box): Promise<Confirmed | null> => {
  const ran = await box.run('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'])
  if (ran.kind !== 'done' || ran.exitCode !== 0) return null
  return { by: 'timedatectl', isSynced: ran.stdout.trim() === 'yes' }
}

const askChrony = async (box: Box): Promise<Confirmed | null> => {
  const ran = await box.run('chronyc', ['-c', 'tracking'])
  if (ran.kind !== 'done' || ran.exitCode !== 0) return null
  return { by: 'chrony', isSynced: /,(Normal|Insert second|Delete second)$/.test(ran.stdout.trim()) }
}

export const checkClock = async (box: Box, settings: Settings | null): Promise<Finding[]> => {
  const confirmed = (await askTimedated(box)) ?? (await askChrony(box))
  const byFile = existsSync(join(box.root, 'run/systemd/timesync/synchronized'))
  if (confirmed?.isSynced === true) return [{ code: 'clock-synced', facts: { by: confirmed.by } }]
  if (confirmed === null && byFile) return [{ code: 'clock-synced', facts: { by: 'systemd-timesyncd' } }]
  if (settings?.clock.source === 'battery') return [{ code: 'clock-battery', facts: { by: 'clock.source' } }]
  if (confirmed === null) return [{ code: 'clock-unknown', facts: {} }]
  return [{ code: 'clock-unsynced', facts: { by: confirmed.by } }]
}
