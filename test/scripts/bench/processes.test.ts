import t, { type Test } from 'tap'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuSeconds, memoryOf, memoryOfOne } from '../../../scripts/bench/processes.ts'
import { isThere, launch, until } from '../../../scripts/bench/programs.ts'

const folderOf = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'loa-bench-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// The child ends with its parent, whose end closes its input.
t.test('the memory of a family counts its children, and what they share once', async (t) => {
  const script = `require('node:child_process').spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    .on('spawn', () => console.log('born'))`
  const program = launch([process.execPath, '-e', script], { logFile: join(folderOf(t), 'log') })
  await until('the child is there', () => program.log().includes('born'), 20_000)
  await until('both have their memory', () => memoryOf(program.pid).pssMb > 15, 20_000)
  const { pssMb, rssMb, processes } = memoryOf(program.pid)
  const alone = memoryOfOne(program.pid)
  await program.stop()
  t.equal(processes, 2)
  t.ok(pssMb < rssMb, `${pssMb} MB PSS, ${rssMb} MB RSS`)
  t.ok(alone.ownMb > 1 && alone.ownMb <= alone.pssMb)
  t.ok(alone.rssMb > 15 && alone.rssMb < rssMb - 15, 'and each is seen alone')
  t.strictSame(memoryOfOne(program.pid), { pssMb: 0, rssMb: 0, ownMb: 0, processes: 0 }, 'as long as it is there')
})

t.test('the time of a child that has ended still counts', async (t) => {
  const script = `const { spawnSync } = require('node:child_process')
    spawnSync('sh', ['-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'])
    console.log('ended'); setInterval(() => 0, 1e6)`
  const program = launch([process.execPath, '-e', script], { logFile: join(folderOf(t), 'log') })
  await until('the child has ended', () => program.log().includes('ended'), 30_000)
  t.ok(cpuSeconds(program.pid) >= 0.05, 'more than an idle program takes')
  await program.stop()
})

t.test('a stopped program is gone, and a program that is not there is known', async (t) => {
  const program = launch([process.execPath, '-e', 'setInterval(() => 0, 1e6)'], { logFile: join(folderOf(t), 'log') })
  t.ok(program.isRunning())
  await program.stop()
  t.notOk(program.isRunning())
  t.ok(isThere('sh'))
  t.notOk(isThere('a-program-that-nobody-wrote'))
})

t.test('a wait in vain says what it waited for', async (t) => {
  await t.rejects(
    until('pigs fly', () => false, 30),
    /in vain until pigs fly/,
  )
})
