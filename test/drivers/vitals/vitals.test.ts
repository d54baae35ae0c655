import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openVitals } from '../../../drivers/vitals/vitals.ts'

t.test('this machine tells plausible values', async (t) => {
  const vitals = await openVitals({ stateFolder: t.testdir() }).read()
  t.ok(vitals.uptimeMs > 0)
  t.ok(vitals.cpuLoad1 >= 0)
  t.equal(vitals.memoryTotalBytes, totalmem())
  t.ok(vitals.memoryAvailableBytes > 0 && vitals.memoryAvailableBytes <= vitals.memoryTotalBytes)
  t.ok(vitals.diskTotalBytes !== null && vitals.diskFreeBytes !== null && vitals.diskFreeBytes <= vitals.diskTotalBytes)
  if (!existsSync('/sys/class/thermal')) t.equal(vitals.temperatureC, null)
})

t.test('the hottest sensible sensor counts, and broken ones do not', async (t) => {
  const folder = t.testdir({
    thermal_zone0: { temp: '48312\n' },
    thermal_zone1: { temp: '61000\n' },
    thermal_zone2: { temp: '-274000\n' },
    thermal_zone3: { temp: 'none\n' },
    thermal_zone4: {},
    cooling_device0: { temp: '99000\n' },
  })
  t.equal((await openVitals({ stateFolder: folder, thermalFolder: folder }).read()).temperatureC, 61)
})

t.test('available memory is what the kernel says it is', async (t) => {
  const procFolder = t.testdir({ meminfo: 'MemTotal:  2000 kB\nMemFree:  5 kB\nMemAvailable:  1234 kB\n' })
  t.equal((await openVitals({ stateFolder: procFolder, procFolder }).read()).memoryAvailableBytes, 1234 * 1024)
})

t.test('what the machine does not tell is null, and nothing fails', async (t) => {
  const nowhere = join(t.testdir(), 'nowhere')
  const vitals = await openVitals({ stateFolder: nowhere, procFolder: nowhere, thermalFolder: nowhere }).read()
  t.match(vitals, { diskTotalBytes: null, diskFreeBytes: null, temperatureC: null })
  t.ok(vitals.memoryAvailableBytes > 0)
})
