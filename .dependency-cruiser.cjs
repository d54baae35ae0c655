/** The rooms of the house: who may import whom. See docs/decisions.md. Run by scripts/check-rooms.ts. */
const started = require('./scripts/lib/started.cjs').map((file) => `^${file.replaceAll('.', '\\.')}$`)

/** From here, only what is allowed may be imported. */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: allowed },
})
/** Also behind a link, as in a second work tree that shares the packages of the first. */
const npm = '(^|/)node_modules/'
const core =
  '^(node:)?(assert|async_hooks|buffer|child_process|crypto|dgram|dns|events|fs|http|https|module|net|os|path|perf_hooks|process|readline|stream|string_decoder|timers|tls|url|util|v8|vm|worker_threads|zlib)(/|$)'

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('plan-is-pure', '^player/plan/(?!track\\.ts$)', '^player/plan/', 'player/plan imports itself alone'),
    only(
      'track-has-numbers-of-chance',
      '^player/plan/track\\.ts$',
      `^player/plan/|${npm}pure-rand/`,
      'a shuffle that every box repeats needs a generator that is the same everywhere',
    ),
    only('ports-are-contracts', '^player/ports/', '^player/(plan|ports)/', 'player/ports imports types of player/plan'),
    only('play-room', '^player/(?!plan/|ports/)', '^player/', 'player/play imports player/plan and player/ports'),
    only(
      'agent-room',
      '^agent/(?!(main|calibrate)\\.ts$)',
      `^agent/(?!(main|calibrate)\\.ts$)|^player/|^config/(settings|status|schedule)\\.ts$|${npm}|${core}`,
      'agent never imports a driver outside main.ts and calibrate.ts, which are processes of their own',
    ),
    only(
      'driver-room',
      '^drivers/([^/]+)/',
      `^drivers/$1/|^player/(ports|plan/time\\.ts)|^agent/(ports|protocol)/|^config/settings\\.ts$|${npm}|${core}`,
      'a driver knows its own folder, npm and the ports',
    ),
    {
      name: 'ports-as-types',
      severity: 'error',
      comment: 'a port is a contract: a driver implements it and takes no code from it',
      from: { path: '^drivers/' },
      to: { path: '^(player/ports|agent/ports)/', dependencyTypesNot: ['type-only'] },
    },
    only('config-room', '^config/(?!say\\.ts$)', `^config/|${npm}|${core}`, 'config imports itself and npm'),
    only(
      'loa-say-hires-a-voice',
      '^config/say\\.ts$',
      `^config/|^drivers/speech/|${npm}|${core}`,
      'a text is tried without an agent, by the voice that the agent would hire',
    ),
    { name: 'scripts-not-test', severity: 'error', from: { path: '^scripts/' }, to: { path: '^test/' } },
    {
      name: 'runtime-not-scripts',
      severity: 'error',
      comment: 'what runs on a box does not need the workshop',
      from: { path: '^(agent|config|drivers|player)/' },
      to: { path: '^(scripts|test)/' },
    },
    {
      name: 'only-tests-use-tap',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: `${npm}(tap|@tapjs)/` },
    },
    {
      name: 'reachable-from-a-test',
      severity: 'error',
      comment: 'every module of the runtime is loaded by some test',
      from: { path: ['^test/.*\\.test\\.ts$', ...started] },
      to: { path: '^(agent|config|drivers|player)/', pathNot: [...[started].flat(), '\\.d\\.ts$'], reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
