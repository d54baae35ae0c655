# shellcheck shell=bash
# Node, the npm packages and the build. Sourced, not run; the current folder is the root of the repository.

NODE_MINIMUM_MAJOR=20
NODE_MINIMUM_MINOR=9

ensure_node() {
  local major minor
  command -v node >/dev/null 2>&1 ||
    fail 'Node.js is not installed.' "Install Node.js ${NODE_MINIMUM_MAJOR} or newer, for instance from https://nodejs.org"
  IFS=. read -r major minor _ <<<"$(node -p process.versions.node)"
  if [ "$major" -lt "$NODE_MINIMUM_MAJOR" ] ||
    { [ "$major" -eq "$NODE_MINIMUM_MAJOR" ] && [ "$minor" -lt "$NODE_MINIMUM_MINOR" ]; }; then
    fail "Node.js $(node --version) is too old: ${NODE_MINIMUM_MAJOR}.${NODE_MINIMUM_MINOR} or newer is needed." \
      'Install a newer one, for instance from https://nodejs.org'
  fi
  command -v npm >/dev/null 2>&1 || fail 'npm is not installed.' 'It comes with Node.js from https://nodejs.org'
  good "Node.js $(node --version), npm $(npm --version 2>/dev/null)"
}

# Whether what is installed is what package-lock.json asks for, for this Node. npm writes its own list at the very end of
# an install, so an interrupted one does not count. Optional packages may be for another kind of machine.
modules_are_current() {
  [ -f node_modules/.package-lock.json ] || return 1
  # shellcheck disable=SC2016
  node -e '
    const { readFileSync } = require("node:fs")
    const read = (file) => JSON.parse(readFileSync(file, "utf8")).packages
    const have = read("node_modules/.package-lock.json")
    const lacking = Object.entries(read("package-lock.json")).filter(
      ([path, wanted]) => path !== "" && !wanted.optional && !wanted.devOptional && have[path]?.version !== wanted.version)
    let builtFor = null
    try { builtFor = readFileSync("node_modules/.built-for", "utf8").trim() } catch {}
    const thisNode = `${process.versions.modules} ${process.arch}`
    process.exit(lacking.length === 0 && (builtFor === null || builtFor === thisNode) ? 0 : 1)
  '
}

ensure_modules() {
  local log
  if [ -L node_modules ]; then
    note 'node_modules is a link to another folder; it is left as it is'
    return
  fi
  if modules_are_current; then
    good 'the npm packages are those of package-lock.json'
    return
  fi
  step 'Installing the npm packages of package-lock.json (npm ci)'
  log=$(mktemp)
  patiently "$log" 'Fetching and compiling; this takes minutes on a small computer' npm ci --no-audit --no-fund ||
    fail 'npm could not install the packages; the lines above say why.' \
      'Is there a network? Is the card full (df -h)? Then run the script again.'
  rm -f "$log"
  # shellcheck disable=SC2016
  node -p '`${process.versions.modules} ${process.arch}`' >node_modules/.built-for
}

# TypeScript checks the types and writes dist/, in one go. Files whose source is gone are removed first, or a deleted test
# would run for ever.
build() {
  step 'Checking the types and building dist/'
  if [ -d dist ]; then
    # shellcheck disable=SC2016
    node -e '
      const { existsSync, readdirSync, rmSync } = require("node:fs")
      const gone = readdirSync("dist", { recursive: true }).filter(
        (file) => file.endsWith(".js") && !existsSync(file.replace(/\.js$/, ".ts")))
      for (const file of gone) { rmSync(`dist/${file}`, { force: true }); rmSync(`dist/${file}.map`, { force: true }) }
    '
  fi
  mkdir -p dist
  touch dist/.begun
  node_modules/.bin/tsc -p tsconfig.build.json || fail 'The types do not agree; the lines above say where.'
  mv dist/.begun dist/.built
  good 'built'
}

# Nothing is built while no source is newer than the last build that went through.
build_if_stale() {
  if [ -f dist/.built ] && [ -z "$(find agent config drivers player scripts test package-lock.json tsconfig.json \
    tsconfig.build.json \( -name '*.ts' -o -name '*.json' \) -newer dist/.built -print -quit)" ]; then
    good 'the build is newer than its source'
    return
  fi
  build
}
