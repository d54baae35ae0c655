/** A card's control, kept: by the real `amixer`, on the mixer that ALSA's plugin gives to a real sound server. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CHECK_MS, openMixer, type MixerOptions } from '../../../drivers/mixer/mixer.ts'
import { described, isSame, readControl, standsAt } from '../../../drivers/mixer/reading.ts'
import { startVirtualCard } from '../../../scripts/bench-parts/sound.ts'
import { stoppedClock } from '../../fixtures/clock.ts'
import { SOME_MORNING } from '../../fixtures/output-double.ts'

const openBench = async (t: Test) => {
  const card = await startVirtualCard()
  t.teardown(() => card.dispose())
  const pactl = (...args: string[]) => execFileSync('pactl', args, { env: card.env, encoding: 'utf8' })
  return {
    card,
    turn: (volume: string) => pactl('set-sink-volume', 'card', volume),
    mute: (isMuted: boolean) => pactl('set-sink-mute', 'card', isMuted ? '1' : '0'),
    /** As the sound server has it, not as amixer says. */
    state: () => ({
      percent: /\/\s+(\d+)%/.exec(pactl('get-sink-volume', 'card'))?.[1],
      isMuted: pactl('get-sink-mute', 'card').includes('yes'),
    }),
  }
}

const open = (t: Test, options: Partial<MixerOptions> & Pick<MixerOptions, 'env'>) => {
  const clock = stoppedClock(SOME_MORNING)
  const told: string[] = []
  const mixer = openMixer({
    device: 'default',
    control: 'Master',
    level: { kind: 'percent', levelPercent: 80 },
    clock,
    events: { fault: (detail) => told.push(detail), well: () => told.push('well') },
    ...options,
  })
  t.teardown(() => mixer.close())
  return { mixer, clock, told }
}

t.test('what a reboot has left is put right at the start, and nobody is troubled with it', async (t) => {
  const bench = await openBench(t)
  bench.turn('40%')
  bench.mute(true)
  const { mixer, told } = open(t, { env: bench.card.env })
  await mixer.check()
  t.same(bench.state(), { percent: '80', isMuted: false })
  await mixer.check()
  t.same(told, [])
})

t.test('whoever turns or mutes it is set back within a minute, and told of once', async (t) => {
  const bench = await openBench(t)
  const { mixer, clock, told } = open(t, { env: bench.card.env })
  await mixer.check()
  for (const meddle of [() => bench.turn('20%'), () => bench.turn('140%'), () => bench.mute(true)]) {
    told.splice(0)
    meddle()
    clock.advance(CHECK_MS)
    await mixer.check()
    t.same(bench.state(), { percent: '80', isMuted: false })
    t.match(told, [/^the control Master of the mixer default was turned to (20|140) %|80 % and muted/])
    t.match(told, [/by somebody else; it was set back to 80 %$/])
    t.match(mixer.standing(), { control: 'Master', wanted: '80 %', found: '80 %', fault: /by somebody else/ })
    clock.advance(CHECK_MS)
    await mixer.check()
    t.equal(mixer.standing().fault, null)
    t.equal(told.at(-1), 'well')
    t.equal(told.length, 2)
  }
})

t.test('it is looked at when sound begins, but not for every item', async (t) => {
  const bench = await openBench(t)
  const { mixer, clock, told } = open(t, { env: bench.card.env })
  await mixer.check()
  bench.turn('10%')
  mixer.soundBegins()
  t.equal(bench.state().percent, '10', 'it was looked at just now')
  clock.advance(6_000)
  mixer.soundBegins()
  await mixer.check()
  t.equal(bench.state().percent, '80')
  t.equal(told.length, 1)
})

t.test('what cannot be set is told with what to do, and mended when it can', async (t) => {
  const bench = await openBench(t)
  const env = bench.card.env
  const faultOf = async (options: Partial<MixerOptions>) => {
    const { mixer, told } = open(t, { env, ...options })
    await mixer.check()
    return told
  }
  t.match(await faultOf({ control: 'Speaker' }), [/Speaker of the mixer default cannot be set: .*Unable to find/])
  t.match(await faultOf({ device: 'hw:nothing' }), [/of the mixer hw:nothing cannot be set: /])
  t.match(await faultOf({ control: 'Capture' }), [/no level for playback; `amixer -D default scontrols` lists others/])
  t.match(await faultOf({ level: { kind: 'db', levelDb: -6 } }), [/give levelPercent instead of levelDb/])
  const { mixer: absent } = open(t, { env, device: 'hw:nothing' })
  await absent.check()
  t.match(absent.standing(), { device: 'hw:nothing', found: null, fault: /cannot be set/ })
  t.match(await faultOf({ program: '/nonexistent/amixer' }), ['/nonexistent/amixer is missing: install alsa-utils'])

  const { mixer, told } = open(t, { env })
  await mixer.check()
  await bench.card.unplug()
  await mixer.check()
  await mixer.check()
  t.match(told, [/cannot be set/], 'once')
  await bench.card.plug()
  await mixer.check()
  await mixer.check()
  t.equal(told.at(-1), 'well')
  t.same(bench.state(), { percent: '80', isMuted: false })
})

/** As `amixer` prints the headphone socket of a Raspberry Pi: one channel, and decibels. */
const PI = (raw: number, levelDb: string, state: string) => `Simple mixer control 'PCM',0
  Capabilities: pvolume pvolume-joined pswitch pswitch-joined
  Playback channels: Mono
  Limits: Playback -10239 - 400
  Mono: Playback ${raw} [${Math.round(((raw + 10_239) / 10_639) * 100)}%] [${levelDb}dB] [${state}]
`
/** As it prints a USB card whose one line has both directions. */
const USB = `Simple mixer control 'Mic',0
  Capabilities: pvolume pvolume-joined cvolume cvolume-joined pswitch pswitch-joined cswitch cswitch-joined
  Playback channels: Mono
  Capture channels: Mono
  Limits: Playback 0 - 31 Capture 0 - 35
  Mono: Playback 23 [74%] [34.36dB] [off] Capture 0 [0%] [-12.00dB] [on]
`
/** And one with neither a switch nor decibels. */
const PLAIN = `Simple mixer control 'Speaker',0
  Capabilities: volume
  Playback channels: Front Left - Front Right
  Capture channels: Front Left - Front Right
  Limits: 0 - 151
  Front Left: 44 [29%]
  Front Right: 151 [100%]
`

t.test('every form in which amixer prints a level is read', (t) => {
  t.same(readControl(PI(0, '0.00', 'on')), {
    ...{ min: -10_239, max: 400, hasSwitch: true },
    channels: [{ raw: 0, levelDb: 0, isOn: true }],
  })
  t.match(readControl(PI(-10_239, '-99999.99', 'off')), { channels: [{ levelDb: -99_999.99, isOn: false }] })
  t.same(readControl(USB), {
    ...{ min: 0, max: 31, hasSwitch: true },
    channels: [{ raw: 23, levelDb: 34.36, isOn: false }],
  })
  const plain = readControl(PLAIN)
  t.same(plain, {
    ...{ min: 0, max: 151, hasSwitch: false },
    channels: [
      { raw: 44, levelDb: null, isOn: true },
      { raw: 151, levelDb: null, isOn: true },
    ],
  })
  if (plain === null) return
  t.equal(described(plain), '29 %, 100 %')
  t.notOk(standsAt(plain, { kind: 'percent', levelPercent: 100 }), 'both channels')
  t.notOk(standsAt(plain, { kind: 'db', levelDb: 0 }), 'without decibels nothing is known of them')
  t.ok(isSame(plain, plain))
  t.equal(readControl("Simple mixer control 'Auto-Mute Mode',0\n  Items: 'Disabled' 'Enabled'\n"), null)
  t.end()
})

/**
 * No sound server has a mixer that knows decibels, so here stands a script in place of amixer: a control with steps of 1 dB,
 * as text, kept in a file.
 */
const AMIXER = (file: string) => `#!/bin/sh
echo "$*" >> ${file}.calls
[ "$4" = sget ] && { cat ${file}; exit 0; }
db=\${6%dB}
sed -i "s/\\[[-0-9.]*dB\\] \\[[a-z]*\\]/[$db.00dB] [on]/; s/Playback [-0-9]* \\[/Playback \${db}00 [/" ${file}
`

t.test('a card that knows decibels is told them, below zero too', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'control')
  const program = join(folder, 'amixer')
  writeFileSync(file, PI(-4_000, '-40.00', 'off'))
  writeFileSync(program, AMIXER(file))
  chmodSync(program, 0o755)
  const level = { kind: 'db', levelDb: -6 } as const
  const { mixer, told } = open(t, { env: process.env, device: 'hw:Headphones', control: 'PCM', level, program })
  await mixer.check()
  t.match(readFileSync(`${file}.calls`, 'utf8'), /^-D hw:Headphones -- sset PCM -6dB unmute$/m)
  t.match(readFileSync(file, 'utf8'), /Playback -600 \[59%\] \[-6\.00dB\] \[on\]/)
  writeFileSync(file, PI(-900, '-9.00', 'on'))
  await mixer.check()
  t.match(told, [/turned to -9 dB by somebody else; it was set back to -6 dB$/])
})

t.test('a control that does not go where it is told is a fault', async (t) => {
  const folder = t.testdir()
  const program = join(folder, 'amixer')
  writeFileSync(join(folder, 'control'), PI(-4_000, '-40.00', 'on'))
  writeFileSync(program, `#!/bin/sh\ncat ${join(folder, 'control')}\n`)
  chmodSync(program, 0o755)
  const { mixer, told } = open(t, { env: process.env, control: 'PCM', level: { kind: 'db', levelDb: 0 }, program })
  await mixer.check()
  t.same(told, ['the control PCM of the mixer default was told 0 dB and stands at -40 dB'])
})
