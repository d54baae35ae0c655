import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openClock } from '../../../drivers/clock/clock.ts'
import { askSystem, type Sync } from '../../../drivers/clock/trust.ts'
import { until } from '../poll.ts'

const POLL = { unconfirmed: 1, confirmed: 1 }

/** A clock whose time service says what the test wants. */
const clockWith = (t: Test, source: 'ntp' | 'battery', first: Sync) => {
  let sync = first
  let asked = 0
  const askSync = async () => {
    asked += 1
    return sync
  }
  const clock = openClock({ source, askSync, pollMs: POLL })
  t.teardown(clock.close)
  const set = (next: Sync) => {
    sync = next
  }
  return { clock, set, asked: () => asked }
}

t.test('it begins in doubt, is confirmed, and holds over when the service falls silent', async (t) => {
  const { clock, set } = clockWith(t, 'ntp', 'no')
  t.equal(clock.trust(), 'unsynced')
  set('yes')
  await until('synced', () => clock.trust() === 'synced')
  set('no')
  await until('holdover', () => clock.trust() === 'holdover')
  set('yes')
  await until('synced again', () => clock.trust() === 'synced')
  set('unknown')
  await until('holdover again', () => clock.trust() === 'holdover')
})

t.test('without any time service it stays in doubt', async (t) => {
  const { clock, asked } = clockWith(t, 'ntp', 'unknown')
  await until('some questions', () => asked() > 5)
  t.equal(clock.trust(), 'unsynced')
})

t.test('a battery is believed at once, and confirmed later', async (t) => {
  const { clock, set, asked } = clockWith(t, 'battery', 'no')
  t.equal(clock.trust(), 'holdover')
  await until('some questions', () => asked() > 5)
  t.equal(clock.trust(), 'holdover')
  set('yes')
  await until('synced', () => clock.trust() === 'synced')
})

t.test('a closed clock asks nobody any more', async (t) => {
  const { clock, asked } = clockWith(t, 'ntp', 'no')
  await until('a question', () => asked() > 0)
  clock.close()
  await new Promise((resolve) => setImmediate(resolve))
  const then = asked()
  await new Promise((resolve) => clock.after('a while', 30, () => resolve(null)))
  t.equal(asked(), then)
})

t.test('the calendar is the system’s, and elapsed time runs forward', async (t) => {
  const { clock } = clockWith(t, 'ntp', 'no')
  const before = Date.now()
  const wall = clock.wall()
  t.ok(wall >= before && wall <= Date.now())
  const first = clock.elapsed()
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(clock.elapsed() > first)
})

t.test('a timer never comes early, and one that is due comes on a later turn', async (t) => {
  const { clock } = clockWith(t, 'ntp', 'no')
  for (const delayMs of [0, 1, 7.5, 20]) {
    const began = clock.elapsed()
    await new Promise((resolve) => clock.after('a wait', delayMs, () => resolve(null)))
    t.ok(clock.elapsed() - began >= delayMs, `${delayMs} ms`)
  }
  let hasRun = false
  clock.after('at once', -5, () => (hasRun = true))
  t.equal(hasRun, false)
  await until('the overdue one', () => hasRun)
})

t.test('a cancelled timer does not come, and waits beyond the limit of Node do not come at once', async (t) => {
  const { clock } = clockWith(t, 'ntp', 'no')
  let ran = 0
  const soon = clock.after('soon', 5, () => (ran += 1))
  const far = clock.after('in 30 days', 30 * 86_400_000, () => (ran += 1))
  soon.cancel()
  await new Promise((resolve) => clock.after('a while', 50, () => resolve(null)))
  far.cancel()
  t.equal(ran, 0)
})

/** Programs that stand for those of the system: their answers as they were seen on real machines. */
const withPrograms = (t: Test, programs: Record<string, string>) => {
  const folder = t.testdir()
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const path = process.env['PATH']
  process.env['PATH'] = folder
  t.teardown(() => {
    process.env['PATH'] = path
  })
}

t.test('timedatectl decides where it answers', async (t) => {
  withPrograms(t, { timedatectl: 'echo yes' })
  t.equal(await askSystem(), 'yes')
  withPrograms(t, { timedatectl: 'echo no', chronyc: 'echo "A,B,3,Normal"' })
  t.equal(await askSystem(), 'no')
})

t.test('chrony is asked where timedatectl cannot answer', async (t) => {
  const tracking = (leap: string) =>
    `echo "A29FC87B,162.159.200.123,4,1700000000.0,0.0,0.0,0.0,-12.1,0.0,0.03,0.02,0.001,64.2,${leap}"`
  withPrograms(t, { timedatectl: 'echo "Failed to connect to bus" >&2; exit 1', chronyc: tracking('Normal') })
  t.equal(await askSystem(), 'yes')
  withPrograms(t, { chronyc: tracking('Not synchronised') })
  t.equal(await askSystem(), 'no')
  withPrograms(t, { chronyc: 'echo "506 Cannot talk to daemon"; exit 1' })
  t.equal(await askSystem(), 'unknown')
})

t.test('a machine without any of the programs is unknown, not wrong', async (t) => {
  withPrograms(t, {})
  t.equal(await askSystem(), 'unknown')
})
