/**
 * Sources that are started as a process or a thread of their own, so that nobody imports them. For the rule that every
 * module is reached by a test they count as reached; scripts/check-rooms.ts sees to it that somebody does start them.
 */
module.exports = [
  'agent/calibrate.ts',
  'agent/main.ts',
  'config/loa.ts',
  'drivers/audio/child.ts',
  'drivers/capture/ear-worker.ts',
  'drivers/database/media-worker.ts',
  'drivers/display/compose-child.ts',
  'drivers/owner/examine-child.ts',
]
