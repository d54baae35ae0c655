import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openCommand } from '../../../drivers/speech/command.ts'
import { engineContract } from './contract.ts'
import { script } from './programs.ts'

const never = new AbortController().signal
const path = process.env['PATH'] ?? ''

const command = (...words: [string, ...string[]]) => openCommand({ command: words, sayMsMax: 60_000, path })

const hanging = (t: Test, timeoutMs: number) => {
  const { program, begun } = script(t, 'exec sleep 600')
  return Promise.resolve({ engine: openCommand({ command: [program], sayMsMax: timeoutMs, path }), begun })
}

// eSpeak of Debian is another program than espeak-ng, with other voices, and writes the stream as Piper does.
engineContract(t, {
  name: 'espeak as a command',
  language: 'vi',
  texts: ['Bà con chú ý, mưa rất to.', 'Trời hôm nay đẹp.'],
  open: () => Promise.resolve(command('espeak', '-v', 'vi', '-b', '1', '--stdin', '--stdout')),
  hanging,
})

// Flite goes back in its file to write the length, so that it needs one: what a wrapper is for.
const FLITE = 'file=$(mktemp) && flite -voice slt -o "$file" && cat "$file"; code=$?; rm -f "$file"; exit $code'
engineContract(t, {
  name: 'flite behind a shell script',
  language: 'en',
  texts: ['Flash flood warning.', 'The weather is fine today.'],
  open: () => Promise.resolve(command('sh', '-c', FLITE)),
  hanging,
})

t.test('a language and a voice are filled into its arguments', async (t) => {
  const engine = command('sh', '-c', 'cat >/dev/null; echo "$0" >&2; exit 7', '{language}/{voice}')
  t.match(await engine.say('Chào', 'vi-VN-x-south', never), { kind: 'failed', error: /7: vi-VN-x-south\/south$/ })
})

t.test('a model that is replaced under its name is another engine', async (t) => {
  const model = join(t.testdir(), 'vi.onnx')
  writeFileSync(model, 'one')
  const before = command('cat', model).engine
  t.equal(command('cat', model).engine, before)
  writeFileSync(model, 'another')
  t.not(command('cat', model).engine, before)
  t.not(command('cat', `--model=${model}`).engine, command('cat', '--model=none').engine)
})

t.test('awkward programs: each fails with a reason', async (t) => {
  const cases = [
    ['exit 0', /answered with nothing/],
    ['cat', /cannot be read as sound/],
    ['echo "out of memory" >&2; exit 9', /ended with 9: out of memory/],
    ['exec cat /dev/zero', /longer than ten minutes/],
    ['kill -SEGV $$', /ended with SIGSEGV/],
  ] as const
  for (const [body, error] of cases) {
    const { program } = script(t, body)
    t.match(await command(program).say('Chào bà con', 'vi', never), { kind: 'failed', error }, body)
  }
  t.match(await command('/no/such/piper').say('Chào', 'vi', never), {
    kind: 'failed',
    error: '/no/such/piper is not installed',
  })
})

t.test(
  'sound of another form goes through a decoder: float, stereo, a rate of its own, no length in its head',
  async (t) => {
    for (const form of ['-f wav -c:a pcm_f32le -ac 2 -ar 44100', '-f flac', '-f wav -c:a pcm_s24le']) {
      const body = `espeak-ng -v vi --stdin --stdout | ffmpeg -v error -i pipe:0 ${form} pipe:1`
      const sound = await command('sh', '-c', body).say('Bà con chú ý', 'vi', never)
      t.ok(sound.kind === 'spoken' && sound.durationMs > 500, `${form}: ${JSON.stringify(sound).slice(0, 200)}`)
    }
  },
)
