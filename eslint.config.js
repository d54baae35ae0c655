import tseslint from 'typescript-eslint'

/** Time and chance come in as arguments: a decision that reads them by itself can be neither tested nor repeated. */
const ambient = [
  { object: 'Date', property: 'now', message: 'Take the time from the clock port.' },
  { object: 'Math', property: 'random', message: 'Take chance as an argument.' },
]
const timers = ['setTimeout', 'setInterval'].map((name) => ({ name, message: 'Use the clock port.' }))

export default tseslint.config(
  { ignores: ['dist', 'packages', 'node_modules', '.tap', 'coverage', '**/*.cjs', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-restricted-properties': ['error', ...ambient],
      'no-restricted-globals': ['error', ...timers],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take the time from the clock port.',
        },
      ],
      eqeqeq: 'error',
    },
  },
  {
    // The edges: drivers are the clock, scripts and tests are their own programs, loa.ts and main.ts hand
    // time and chance on as arguments.
    files: ['drivers/**', 'scripts/**', 'test/**', 'config/loa.ts', 'agent/main.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      // An async function is how a tap test ends by itself, also when it waits for nothing.
      '@typescript-eslint/require-await': 'off',
    },
  },
)
