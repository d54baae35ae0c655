# shellcheck shell=bash
# Which Debian packages are needed for what, in one place, and how they come onto the machine. Sourced, not run.

# The runtime itself: decoders, sound, the voice of alerts, relays, letters of Vietnamese on the board.
PACKAGES_RUN=(ffmpeg mpv alsa-utils libasound2-plugins espeak-ng gpiod fonts-noto-core fonts-dejavu-core)
# To compile the native modules where no ready-made ones exist.
PACKAGES_BUILD=(g++ make python3 libasound2-dev pkg-config)
# The demo: a virtual card and screen, and the makers of sample media.
PACKAGES_DEMO=(pulseaudio pulseaudio-utils xvfb x11-apps imagemagick sox)
# The tests: real parts in place of the world outside.
PACKAGES_TEST=(espeak flite stress-ng mosquitto mosquitto-clients openssl socat faketime iproute2 systemd procps xdotool icecast2
  vlc-bin vlc-plugin-base python3-dateutil tzdata python3-pymodbus python3-serial-asyncio)

# ensure_packages NAME…: installs what is missing of these, and says so.
ensure_packages() {
  local name log
  local -a missing=()
  command -v dpkg-query >/dev/null 2>&1 ||
    fail 'This machine is not Debian or Raspberry Pi OS: dpkg is missing.' "Install by hand what stands for: $*"
  for name in "$@"; do
    # One line for each architecture that has it: a machine that compiles for another one has two.
    dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  if [ "${#missing[@]}" -eq 0 ]; then
    good "all $# Debian packages are there"
    return
  fi
  step "Installing the Debian packages that are missing (${#missing[@]}): ${missing[*]}"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  # The lists may be days old or absent on a fresh machine; a mirror that fails shows itself at the install.
  patiently "$log" 'Fetching the lists of packages (apt-get update)' \
    as_root apt-get update -q -o Acquire::Retries=3 || note 'The lists could not be renewed; trying with those that are there.'
  patiently "$log" 'Fetching and unpacking; this takes minutes on a slow line' \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "${missing[@]}" ||
    fail 'Debian packages could not be installed; the lines above say why.' \
      "Is there a network? Try by hand: sudo apt-get install ${missing[*]}"
  rm -f "$log"
}
