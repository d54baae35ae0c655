import type { Words } from '../words.ts'

export const amplifier: Words['amplifier'] = {
  none: 'This box switches and reads no amplifier: docs/amplifier.md says how to describe one in the settings.',
  power: { on: 'on', off: 'off', unknown: 'power unknown' },
  always: 'not switched by the box',
  wanted: (power) => `it should be ${power}`,
  tripped: (name) => `reports ${name}`,
  unread: 'cannot be read',
  readAt: (moment) => `read ${moment}`,
  switched: (times) => (times === 1 ? 'switched on once' : `switched on ${times} times`),
  heldOn: (name, minutes) => `${name} is switched on for ${minutes} minutes, then follows the programmes again.`,
  letGo: (name) => `${name} follows the programmes again. While something sounds it stays on.`,
  unknownName: (name, known) =>
    known.length === 0
      ? `There is no amplifier ${name}: the settings of the running agent name none.`
      : `There is no amplifier ${name}. Choose one of: ${known.join(', ')}`,
  cannotSwitch: (name) => `${name} is only read: the settings give it neither gpio nor modbus.power.`,
  failed: (name, detail) => `${name}: ${detail}`,
  usage:
    'Write: loa amplifier [NAME] [on|off], or: loa amplifier NAME read coil|discrete|holding|input ADDRESS [COUNT]',
}
