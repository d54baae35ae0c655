import type { Words } from '../words.ts'
import { faultCodes } from './codes.ts'
import { soundFindings } from './sound.ts'

const FOR = { sound: 'Sound', picture: 'Pictures', both: 'Sound and pictures' }
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
const days = (count: number) => (count === 1 ? '1 day' : `${count} days`)
const restart = 'sudo systemctl restart loa'
const right = (text: string) => ({ text, next: null })

export const doctor: Words['doctor'] = {
  title: (device) => (device === null ? 'Examination of this box' : `Examination of ${device}`),
  sections: {
    settings: 'Settings',
    program: 'Programs',
    agent: 'Agent',
    clock: 'Clock',
    sound: 'Sound',
    amplifier: 'Amplifiers',
    display: 'Display',
    folder: 'Storage',
    broker: 'Line to the head-end',
  },
  sums: ({ right: good, wrong, warnings, unknown }) =>
    [
      `${good} right`,
      ...(wrong > 0 ? [`${wrong} wrong`] : []),
      ...(warnings > 0 ? [`${warnings} to look at`] : []),
      ...(unknown > 0 ? [`${unknown} could not be checked`] : []),
    ].join(' · '),
  allRight: 'Everything that was checked is right.',
  findings: {
    'settings-right': ({ file }) => right(`${file} is right`),
    'settings-wrong': ({ file, faults }) => ({
      text: `${file} has ${faults === 1 ? 'a mistake' : `${faults} mistakes`}`,
      next: `loa config check ${file}`,
    }),
    'settings-forbidden': ({ file, user }) => ({
      text: `${file} may not be read by ${user}; much of this examination needs it`,
      next: 'sudo loa doctor',
    }),
    'node-right': ({ version }) => right(`Node.js ${version}`),
    'node-old': ({ version, minimum }) => ({
      text: `Node.js ${version} is too old`,
      next: `Install Node.js ${minimum} or newer, then run scripts/install again.`,
    }),
    'program-found': ({ program, version }) => right(`${program} ${version}`),
    'program-missing': ({ program, debianPackage, neededFor }) => ({
      text: `${program} is missing. ${FOR[neededFor]} cannot be played without it`,
      next: `sudo apt-get install ${debianPackage}`,
    }),
    'agent-running': ({ version }) => right(`The agent ${version} is running`),
    'agent-absent': ({ socket }) => ({
      text: `The agent is not running: nobody answers on ${socket}`,
      next: 'sudo systemctl start loa, then: journalctl -u loa -n 50',
    }),
    'agent-forbidden': ({ user }) => ({
      text: `${user} may not speak to the agent`,
      next: 'sudo loa doctor, or once and for all: sudo usermod -aG loa $USER (then log in again)',
    }),
    'agent-silent': () => ({
      text: 'The agent is there but does not answer; the watchdog restarts it within a minute',
      next: 'journalctl -u loa -n 50',
    }),
    'agent-malformed': ({ detail }) => ({
      text: `The answer of the agent was not understood (${detail})`,
      next: `The agent and this command may be of two versions: ${restart}`,
    }),
    'agent-other-version': ({ agent, command }) => ({
      text: `The running agent is ${agent}, but ${command} is installed`,
      next: restart,
    }),
    'agent-alarm': ({ code, subject, detail, since }) => ({
      text: `Alarm since ${since}: ${faultCodes[code] ?? code} · ${subject}${detail === '' ? '' : ` · ${detail}`}`,
      next: `docs/operations.md says what ${code} means`,
    }),
    'sound-opens': ({ output, device }) => right(`${output}: ${device} opens`),
    'sound-busy': ({ output, device }) => right(`${output}: ${device} is there and in use`),
    'sound-missing': ({ output, device, devices }) => ({
      text: `${output}: there is no sound device ${device}`,
      next:
        devices.length === 0
          ? 'This box sees no sound card at all. Check the plug of the card, then: aplay -l'
          : `Set outputs[].device to one of: ${devices.join(', ')}`,
    }),
    'sound-forbidden': ({ output, device, user }) => ({
      text: `${output}: ${user} may not open ${device}; the agent's own user may`,
      next: 'sudo loa doctor',
    }),
    'sound-failed': ({ output, device, error }) => ({
      text: `${output}: ${device} is there but does not open (${error})`,
      next: `aplay -D ${device} /usr/share/sounds/alsa/Front_Center.wav`,
    }),
    'sound-unchecked': ({ output }) => ({
      text: `${output}: not checked, because aplay is missing`,
      next: 'sudo apt-get install alsa-utils',
    }),
    'sound-shared': ({ output, other, device, mixing }) => ({
      text: `${output} and ${other} have the same ${device}, which most cards give to one of them only`,
      next: `For both: device: "${mixing}" and channels: left, right (docs/sound.md)`,
    }),
    ...soundFindings,
    'amplifier-device': ({ amplifier, device }) => right(`${amplifier}: ${device} is there`),
    'amplifier-missing': ({ amplifier, device }) => ({
      text: `${amplifier}: there is no ${device}`,
      next: device.includes('gpiochip')
        ? 'Which chips there are: gpiodetect (sudo apt-get install gpiod)'
        : 'Is the adapter plugged in? Which serial lines there are: ls -l /dev/serial/by-id/',
    }),
    'amplifier-forbidden': ({ amplifier, device, user }) => ({
      text: `${amplifier}: ${user} may not open ${device}`,
      next: 'sudo loa doctor. If the agent may not either, docs/amplifier.md says which group it needs.',
    }),
    'amplifier-gpioset': ({ debianPackage }) => ({
      text: 'gpioset is missing. No relay can be switched without it',
      next: `sudo apt-get install ${debianPackage}`,
    }),
    'amplifier-obeys': ({ amplifier, power }) => right(`${amplifier} obeys and reports nothing wrong (${power})`),
    'amplifier-ails': ({ amplifier, power, wanted, tripped }) => ({
      text: `${amplifier}: power ${power}, wanted ${wanted}${tripped.length === 0 ? '' : `; it reports ${tripped.join(', ')}`}`,
      next: 'loa amplifier shows its readings; docs/amplifier.md says what to look at',
    }),
    'display-found': ({ output, display }) => right(`${output}: ${display}`),
    'display-unplugged': ({ output }) => ({
      text: `${output}: no screen is connected to this box, or it is switched off`,
      next: 'Check the HDMI cable and the power of the screen.',
    }),
    'display-missing': ({ output, display }) => ({
      text: `${output}: ${display} is not there`,
      next: 'For drm: is dtoverlay=vc4-kms-v3d in /boot/firmware/config.txt? For x11: is the desktop running?',
    }),
    'display-forbidden': ({ output, display, user }) => ({
      text: `${output}: ${user} may not open ${display}; the agent's own user may`,
      next: 'sudo loa doctor',
    }),
    'folder-right': ({ folder, freeBytes }) => right(`${folder} can be written, ${gigabytes(freeBytes)} free`),
    'folder-full': ({ folder, freeBytes }) => ({
      text: `${folder}: only ${gigabytes(freeBytes)} free`,
      next: 'Make room: sudo journalctl --vacuum-size=100M, sudo apt-get clean',
    }),
    'folder-absent': ({ folder }) => ({ text: `${folder} is not there`, next: 'sudo systemctl start loa makes it' }),
    'folder-not-mine': ({ folder, user }) => ({
      text: `${folder} belongs to the agent; ${user} may not look inside`,
      next: 'sudo loa doctor',
    }),
    'cache-fits': ({ quotaBytes, usedBytes }) =>
      right(
        `The media cache may take ${gigabytes(quotaBytes)}, has ${gigabytes(usedBytes)}, and there is room for the rest`,
      ),
    'cache-too-large': ({ quotaBytes, usedBytes, freeBytes }) => ({
      text: `The media cache may take ${gigabytes(quotaBytes)}, but there is room for ${gigabytes(usedBytes + freeBytes)}`,
      next: `Lower media.quotaBytes to ${Math.max(1e6, Math.floor((usedBytes + freeBytes) * 0.8))}`,
    }),
    'certificate-right': ({ name, until, days: left }) =>
      right(`Certificate of ${name}: good until ${until} (${days(left)})`),
    'certificate-ending': ({ name, until, days: left }) => ({
      text: `Certificate of ${name} ends on ${until}, in ${days(left)}`,
      next: 'Ask the head-end for a new certificate now.',
    }),
    'certificate-expired': ({ name, until }) => ({
      text: `Certificate of ${name} ended on ${until}`,
      next: 'Is the clock of this box right? If so, ask the head-end for a new certificate.',
    }),
    'certificate-early': ({ name, from }) => ({
      text: `Certificate of ${name} begins only on ${from}`,
      next: 'The clock of this box is probably wrong: timedatectl',
    }),
    'certificate-unreadable': ({ file, error }) => ({
      text: `${file} is not a certificate or key in PEM form (${error})`,
      next: 'Copy the file from the head-end again.',
    }),
    'certificate-forbidden': ({ file, user }) => ({
      text: `${file} may not be read by ${user}`,
      next: 'sudo loa doctor',
    }),
    'key-differs': ({ certificate, key }) => ({
      text: `${key} is not the key of ${certificate}`,
      next: 'Copy both files from the head-end again: they are made as a pair.',
    }),
    'broker-name-unknown': ({ host, error }) => ({
      text: `The name ${host} cannot be resolved (${error})`,
      next: 'Is there a network? ping -c 3 1.1.1.1 · Is broker.url spelt right?',
    }),
    'broker-port-closed': ({ host, port, error }) => ({
      text: `${host} does not answer on port ${port} (${error})`,
      next: 'Is the port right? Does a firewall or the SIM contract block it?',
    }),
    'broker-reached': ({ host, port, address, ms }) =>
      right(`${host} (${address}) answers on port ${port} after ${ms} ms`),
    'broker-certificate-right': ({ name, until, protocol }) => right(`${protocol} with ${name}, good until ${until}`),
    'broker-certificate-ending': ({ name, until, days: left }) => ({
      text: `The certificate of the broker ${name} ends on ${until}, in ${days(left)}`,
      next: 'Tell the people who run the broker.',
    }),
    'broker-tls-wrong': ({ error }) => ({
      text: `The encrypted line could not be built (${error})`,
      next: 'Check broker.ca, the certificate of this box and its clock.',
    }),
    'broker-unencrypted': ({ host }) => ({
      text: `The line to ${host} is not encrypted`,
      next: 'Use mqtts:// outside a test table.',
    }),
    'broker-accepts': ({ version, ms }) => right(`The broker lets this box in (MQTT ${version}, ${ms} ms)`),
    'broker-refuses': ({ error }) => ({
      text: `The broker does not let this box in (${error})`,
      next: 'Has the head-end enrolled this box under this name and certificate?',
    }),
    'broker-refuses-doctor': ({ error }) => ({
      text: `The broker does not admit a second connection under another name (${error}); the line itself is good`,
      next: 'loa status says whether the agent is connected',
    }),
    'broker-silent': ({ error }) => ({
      text: `The broker took the connection and then did not answer (${error})`,
      next: 'Is this really the MQTT port? Usually 8883 for mqtts, 1883 for mqtt.',
    }),
    'clock-synced': ({ by }) => right(`The clock is confirmed by a time server (${by})`),
    'clock-unsynced': ({ by }) => ({
      text: `No time server confirms the clock (${by}). Alerts are played all the same`,
      next: 'timedatectl timesync-status · Is UDP port 123 open to the outside?',
    }),
    'clock-battery': ({ by }) => right(`The clock is kept by a battery (${by})`),
    'clock-unknown': () => ({
      text: 'Whether a time server confirms the clock could not be found out',
      next: 'Install a time service: sudo apt-get install systemd-timesyncd',
    }),
  },
}
