# shellcheck shell=bash
# What the scripts say. Sourced, not run. Steps go to standard output, trouble to standard error.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  SAY_STRONG=$'\033[1m' SAY_GOOD=$'\033[32m' SAY_BAD=$'\033[31;1m' SAY_DIM=$'\033[2m' SAY_END=$'\033[0m'
else
  SAY_STRONG='' SAY_GOOD='' SAY_BAD='' SAY_DIM='' SAY_END=''
fi

step() { printf '%s==>%s %s\n' "$SAY_STRONG" "$SAY_END" "$*"; }
note() { printf '    %s%s%s\n' "$SAY_DIM" "$*" "$SAY_END"; }
good() { printf '    %s✓%s %s\n' "$SAY_GOOD" "$SAY_END" "$*"; }

# fail SENTENCE [NEXT-STEP]: one clear sentence, what to do, and the end.
fail() {
  printf '\n%s✗%s %s\n' "$SAY_BAD" "$SAY_END" "$1" >&2
  if [ -n "${2:-}" ]; then printf '  → %s\n' "$2" >&2; fi
  exit 1
}

# as_root COMMAND…: the command with the rights it needs.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "This step needs root, and sudo is not installed: $*" 'Run the script again as root.'
  fi
}

# patiently LOG TEXT COMMAND…: runs a long command, shows that it lives, and shows its last lines only if it fails.
# Returns the command's own exit code.
patiently() {
  local log=$1 text=$2 began=$SECONDS pid code=0 last=0
  shift 2
  note "$text"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if [ $((SECONDS - began - last)) -ge 15 ]; then
      last=$((SECONDS - began))
      note "… still at it, ${last} s; last line: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  wait "$pid" || code=$?
  if [ "$code" -ne 0 ]; then
    printf '%s\n' "    The last lines of it:" >&2
    tail -n 25 "$log" | sed 's/^/    | /' >&2
  else
    good "done in $((SECONDS - began)) s"
  fi
  return "$code"
}
