/**
 * The relay by gpioset. This machine has no GPIO chip, so Debian's own program is asked only what it says without one; how a
 * process that does hold a line is kept, replaced and missed is shown with a program in its place that holds nothing.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { AmplifierEvent } from '../../../agent/ports/amplifier.ts'
import { openAmplifiers } from '../../../drivers/amplifier/amplifier.ts'
import { gpiosetArguments, gpiosetVersion } from '../../../drivers/amplifier/gpio.ts'
import { openClock } from '../../../drivers/clock/clock.ts'
import { until } from '../poll.ts'
import { standIn } from './gpioset.ts'

const LINE = { chip: 'gpiochip0', line: 17, activeLow: false }

const open = (t: Test, program?: string, chip = LINE.chip) => {
  const clock = openClock({ source: 'battery' })
  const events: AmplifierEvent[] = []
  const [amplifier] = openAmplifiers({
    settings: [
      { name: 'tang-am', warmUpSeconds: 2, coolDownSeconds: 60, minimumOnSeconds: 60, gpio: { ...LINE, chip } },
    ],
    clock,
    listener: (event) => events.push(event),
    ...(program === undefined ? {} : { gpioProgram: program }),
  })
  if (amplifier === undefined) throw new Error('no amplifier')
  t.teardown(async () => {
    await amplifier.close()
    clock.close()
  })
  return { amplifier, events }
}

t.test('the command lines of both libgpiods', async (t) => {
  t.strictSame(gpiosetArguments(1, LINE, true), ['--mode=signal', 'gpiochip0', '17=1'])
  t.strictSame(gpiosetArguments(1, { ...LINE, activeLow: true }, false), [
    '--mode=signal',
    '--active-low',
    'gpiochip0',
    '17=0',
  ])
  t.strictSame(gpiosetArguments(2, LINE, true), ['--chip', 'gpiochip0', '17=1'])
  t.strictSame(gpiosetArguments(2, { ...LINE, activeLow: true }, false), [
    '--active-low',
    '--chip',
    'gpiochip0',
    '17=0',
  ])
  t.equal(gpiosetVersion('gpioset (libgpiod) v1.6.3\nCopyright'), 1)
  t.equal(gpiosetVersion('gpioset (libgpiod) v2.2.1\nCopyright'), 2)
  t.equal(gpiosetVersion('bash: gpioset: not found'), null)
})

t.test(
  'the gpioset of this machine takes the options that its version is given, up to the chip that is not there',
  async (t) => {
    const version = gpiosetVersion(spawnSync('gpioset', ['--version'], { encoding: 'utf8' }).stdout)
    t.ok(version === 1 || version === 2)
    const nowhere = { chip: 'gpiochip77', line: 17, activeLow: true }
    const ran = spawnSync('gpioset', gpiosetArguments(version!, nowhere, true), { encoding: 'utf8' })
    t.equal(ran.status, 1)
    t.match(ran.stderr, /No such file or directory|cannot find GPIO chip|unable to/)
    t.notMatch(ran.stderr, /unrecognized option|invalid/)
  },
)

t.test('a chip that is not there is a fault that names it, and it is tried again', async (t) => {
  const { amplifier, events } = open(t, 'gpioset', 'gpiochip77')
  amplifier.switchTo(true)
  await until('two tries', () => events.length === 2)
  for (const event of events)
    t.match(event, { kind: 'not-switched', isOn: true, detail: /gpiochip77 line 17: gpioset: .*No such file/ })
})

t.test('without gpioset it is said how to get it', async (t) => {
  const { amplifier, events } = open(t, '/nowhere/gpioset')
  amplifier.switchTo(false)
  await until('a fault', () => events.length > 0)
  t.match(events[0], { kind: 'not-switched', isOn: false, detail: /sudo apt-get install gpiod/ })
})

for (const version of ['v1.6.3', 'v2.2.1'])
  t.test(`${version}: one process holds the line, off as well as on, and closing leaves it off and free`, async (t) => {
    const gpioset = standIn(t, version)
    const { amplifier, events } = open(t, gpioset.program)
    amplifier.switchTo(false)
    await until('off', () => events.length === 1)
    t.match(gpioset.lastArguments(), / 17=0$/)
    amplifier.switchTo(true)
    await until('on', () => events.length === 2)
    t.match(gpioset.lastArguments(), / 17=1$/)
    t.match(events, [
      { kind: 'switched', isOn: false },
      { kind: 'switched', isOn: true },
    ])
    await amplifier.close()
    t.match(gpioset.lastArguments(), / 17=0$/)
    t.match(
      gpioset.lines().map((line) => line.split(' ')[0]),
      ['start', 'end', 'start', 'end', 'start', 'end'],
      'never two at once',
    )
  })

t.test('a holder that is killed is told of and replaced', async (t) => {
  const gpioset = standIn(t)
  const { amplifier, events } = open(t, gpioset.program)
  amplifier.switchTo(true)
  await until('on', () => events.length === 1)
  process.kill(gpioset.lastPid(), 'SIGKILL')
  await until('on again', () => events.length === 3)
  t.match(events, [
    { kind: 'switched' },
    { kind: 'not-switched', isOn: true, detail: /gpioset ended \(SIGKILL\)/ },
    { kind: 'switched', isOn: true },
  ])
})

t.test(
  'orders in quick succession: the last one counts, and does not wait until the others have settled',
  async (t) => {
    const gpioset = standIn(t)
    const { amplifier, events } = open(t, gpioset.program)
    for (const isOn of [true, false, true, false, true]) amplifier.switchTo(isOn)
    await until('on', () => events.length === 1)
    t.match(events, [{ kind: 'switched', isOn: true }])
    t.match(gpioset.lastArguments(), / 17=1$/)
    t.ok(gpioset.lines().filter((line) => line.startsWith('start')).length <= 2)
  },
)

t.test('an agent that is killed takes the holder with it: the line is given back', async (t) => {
  const gpioset = standIn(t)
  const driver = new URL('../../../drivers/amplifier/gpio.js', import.meta.url).href
  const clock = new URL('../../../drivers/clock/clock.js', import.meta.url).href
  const script = `
    const { openGpioSwitch } = await import('${driver}')
    const { openClock } = await import('${clock}')
    openGpioSwitch({
      id: 'a', settings: ${JSON.stringify(LINE)}, clock: openClock({ source: 'battery' }),
      program: '${gpioset.program}', listener: () => console.log('switched'),
    }).switchTo(true)`
  const env = { ...process.env }
  delete env['NODE_OPTIONS']
  const agent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(agent.stdout, 'data')
  agent.kill('SIGKILL')
  await until('the holder’s end', () => gpioset.lines().some((line) => line === `end ${gpioset.lastPid()}`))
  t.pass('it was told to end by the kernel')
})
