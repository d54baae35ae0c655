/** The rooms of the house: who may import whom. See docs/decisions.md. */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: allowed },
})
const npm = '^node_modules/'
const core =
  '^(node:)?(assert|async_hooks|buffer|child_process|crypto|dgram|dns|events|fs|http|https|module|net|os|path|perf_hooks|process|readline|stream|string_decoder|timers|tls|url|util|v8|vm|worker_threads|zlib)(/|$)'
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('plan-is-pure', '^player/plan/(?!calendar\\.ts$)', '^player/plan/', 'player/plan imports itself alone'),
    only(
      'calendar-has-one-library',
      '^player/plan/calendar\\.ts$',
      '^player/plan/|^node_modules/rrule-temporal/',
      'only calendar.ts has a date library',
    ),
    only('ports-are-contracts', '^player/ports/', '^player/(plan|ports)/', 'player/ports imports types of player/plan'),
    only('play-room', '^player/play/', '^player/', 'player/play imports player/plan and player/ports'),
    only(
      'agent-room',
      '^agent/(?!main\\.ts$)',
      `^agent/(?!main\\.ts$)|^player/|^config/settings\\.ts$|${npm}|${core}`,
      'agent never imports a driver outside main.ts',
    ),
    ...[
      'audio',
      'display',
      'board',
      'line',
      'amplifier',
      'broker',
      'database',
      'download',
      'clock',
      'modem',
      'watchdog',
      'speech',
      'control',
      'vitals',
      'media',
    ].map((room) =>
      only(
        `driver-${room}`,
        `^drivers/${room}/`,
        `^drivers/${room}/|^player/(ports|plan/time\\.ts)|^agent/(ports|protocol)/|^config/settings\\.ts$|${npm}|${core}`,
        'a driver knows its own folder, npm and the ports',
      ),
    ),
    {
      name: 'ports-as-types',
      severity: 'error',
      from: { path: '^drivers/' },
      to: { path: '^(player/ports|agent/ports)/', dependencyTypesNot: ['type-only'] },
    },
    only('config-room', '^config/', `^config/|${npm}|${core}`, 'config imports itself and npm'),
    { name: 'scripts-not-test', severity: 'error', from: { path: '^scripts/' }, to: { path: '^test/' } },
    {
      name: 'only-tests-use-tap',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^node_modules/(tap|@tapjs)/' },
    },
    {
      name: 'reachable-from-a-test',
      severity: 'error',
      comment: 'every module of the runtime is loaded by some test',
      from: { path: '^test/.*\\.test\\.ts$' },
      to: { path: '^(agent|config|drivers|player)/', reachable: false },
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
