/** The commands of the reference head-end, by name. */
import { ClearError } from './clear-error.ts'
import type { World } from './command-line.ts'
import { alertCommandLine } from './commands-alert.ts'
import { keysCommand } from './commands-keys.ts'
import { liveCommandLine } from './commands-live.ts'
import { exportCommandLine, reportCommandLine } from './commands-report.ts'
import { runCommandLine, serveCommandLine, watchCommandLine } from './commands-run.ts'
import { commandCommandLine, publishCommandLine, revokeCommandLine } from './commands-send.ts'

const HELP = `headend COMMAND [--home FOLDER]   (default ./headend-home, settings in its head-end.yaml)

  keys root [--out FOLDER]           make the root key; prints what goes into the settings of every box
  keys issuer --issuer ID --area AREA [--priority alert] [--kinds schedule,media,…] [--from] [--until] [--root FILE] [--out FOLDER]
  keys speaker --issuer ID --area AREA [--from] [--until] [--root FILE] [--out FOLDER]     who may speak at a box: \`loa live\`
  publish FILE.yaml --to TARGET      measure, hash and register media; publish the manifest, then the schedule
  publish FILE.ics --to TARGET [--schedule ID] [--from DAY] [--until DAY]      the same from a calendar (RFC 5545)
  alert --to TARGET --event TEXT [--headline] [--description] [--instruction] [--in vi-VN] [--severity] [--urgency] [--certainty]
        [--response Evacuate,…] [--status] [--note] [--where NAME] [--polygon …] [--circle …] [--geocode NAME=VALUE] [--for 1h]
        [--sound FILE] [--siren none] [--pause 5s] [--update ID | --cancel ID] [--outputs a,b] | --cap FILE.xml | --file FILE
  live start --to TARGET --title TEXT --url URL [--for 1h] [--id ID]      live stop --to TARGET --id ID
  live --mic [DEVICE] | --from FILE   --to TARGET --title TEXT [--for 1h] [--outputs a,b] [--listen HOST:PORT] [--address URL]
  command set-volume --gain-db -6 | mute | unmute [--outputs a,b] | report | restart | play --title TEXT --sound FILE …   --to TARGET
        --over [--duck-db -20] [--fade 300ms]     with play and live: over what is on, which goes on below, turned down
  command mobilise --title TEXT --still FILE … --until 2h|MOMENT [--id ID] --to TARGET    take outputs over
  command release --id ID --to TARGET                command withdraw --id MESSAGE --to TARGET
  revoke X… --to area:AREA [--root FILE]
  run [--area AREA]                  serve media, receive and confirm reports, show everything
  serve [--area AREA]                the same, showing only what is wrong
  watch [--area AREA]                look on without keeping anything
  report [--day 2026-11-21] [--json] planned against played
  export --csv FILE [--from DAY] [--until DAY]    as-run records in the Playout Reporting Standard

  TARGET is area:vn/08/02215, group:NAME/vn/08/02215 or device:NAME.
  --broker URL --ca FILE --cert FILE --key FILE --issuer-key FILE --media-url URL --language vi|en`

const COMMANDS: Record<string, (args: readonly string[], world: World) => Promise<void>> = {
  keys: keysCommand,
  publish: publishCommandLine,
  alert: alertCommandLine,
  live: liveCommandLine,
  command: commandCommandLine,
  revoke: revokeCommandLine,
  run: runCommandLine,
  serve: serveCommandLine,
  watch: watchCommandLine,
  report: reportCommandLine,
  export: exportCommandLine,
}

/** Runs one command; what a person can act on is thrown as `ClearError`. */
export const runCommand = async ([name = 'help', ...args]: readonly string[], world: World): Promise<void> => {
  if (['help', '--help', '-h'].includes(name) || args.includes('--help')) {
    world.print(HELP)
    return
  }
  const command = COMMANDS[name]
  if (command === undefined) throw new ClearError(`unknown command ${name}; \`headend help\` lists them`)
  await command(args, world)
}
