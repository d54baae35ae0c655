/** `report` and `export`: from the database alone; no broker is needed. */
import { writeFile } from 'node:fs/promises'
import { addMs } from '../../player/plan/time.ts'
import { chainBreaks, endBreak, type Chain, type ChainBreak } from './chain-check.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { HOME_FLAGS, homeOf, readFlags, required, voiceOf, withStore, type World } from './command-line.ts'
import type { Store } from './head-end.ts'
import type { HeadEndSettings } from './home.ts'
import { localDate, localDay } from './local-time.ts'
import { playoutFile, type LeftOut, type PlayoutMapping } from './playout-export.ts'
import { AIRING_MS_MAX, makeReport } from './report.ts'
import { reportText } from './report-text.ts'

const checkDay = (day: string): string => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(`${day}T00:00:00Z`)))
    throw new ClearError(`--day: found ${day}, expected a date such as 2026-11-21`)
  return day
}

/** Every chain from its beginning to the end that the box claims: the report vouches for what is in the database now. */
export const allBreaks = (store: Store): { breaks: ChainBreak[]; recordCount: number } => {
  const chains = store.chains().map((key): Chain => ({ ...key, records: store.chainAfter(key, 0) }))
  const ends = store.devices().flatMap(({ device }): ChainBreak[] => {
    const end = store.heartbeats(device)[0]?.chain
    if (end === undefined) return []
    const { epoch } = end
    const held = chains.find((chain) => chain.device === device && chain.epoch === epoch)
    const fault = endBreak(held ?? { device, epoch, records: [] }, end)
    return fault === null ? [] : [fault]
  })
  return {
    breaks: [...chains.flatMap((chain) => chainBreaks(chain).breaks), ...ends],
    recordCount: chains.reduce((sum, { records }) => sum + records.length, 0),
  }
}

export const reportCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...HOME_FLAGS, day: 'text', json: 'switch' })
  const home = await homeOf(flags)
  const voice = voiceOf(flags, home, world)
  const now = world.now()
  const day = checkDay(flags.text.get('day') ?? localDate(now, voice.timeZone))
  const { from, until } = localDay(day, voice.timeZone)
  await withStore(home, (store) => {
    const report = makeReport({
      schedules: store.schedules(),
      devices: store.devices(),
      records: store.records(addMs(from, -AIRING_MS_MAX), addMs(until, AIRING_MS_MAX)),
      from,
      until,
      now,
    })
    const { breaks, recordCount } = allBreaks(store)
    const facts = { report, day, breaks, recordCount, alarms: store.alarms(), refusedCount: store.refusals().length }
    world.print(flags.set.has('json') ? JSON.stringify(facts, null, 2) : reportText(facts, voice))
  })
}

/** Where no frame is mapped, numbers of ten digits are given out in order: unique here, known to nobody else. */
const FRAME_FIRST = 1_000_000_000

export const mappingOf = (settings: HeadEndSettings['playoutExport'], store: Store): PlayoutMapping => {
  const mapped = new Map(settings?.frames?.map(({ device, output, frameId }) => [`${device}/${output}`, frameId]))
  return {
    frameId: (device, output) => mapped.get(`${device}/${output}`) ?? FRAME_FIRST + store.frameNumber(device, output),
    buyerId: settings?.buyerId ?? 0,
    agencyId: settings?.agencyId ?? null,
    brandId: settings?.brandId ?? 0,
  }
}

const LEFT_OUT: Record<LeftOut['reason'], string> = {
  'nothing-heard': 'nothing was heard or seen',
  'clock-not-trusted': 'the clock of the box was not to be trusted',
  'in-the-future': 'it ends in the future',
}

export const exportCommandLine = async (args: readonly string[], world: World): Promise<void> => {
  const flags = readFlags(args, { ...HOME_FLAGS, csv: 'text', from: 'text', until: 'text' })
  const file = required(flags, 'csv')
  const home = await homeOf(flags)
  const { timeZone } = voiceOf(flags, home, world)
  const from = flags.text.get('from')
  const until = flags.text.get('until')
  await withStore(home, async (store) => {
    const records = store.records(
      from === undefined ? undefined : localDay(checkDay(from), timeZone).from,
      until === undefined ? undefined : localDay(checkDay(until), timeZone).until,
    )
    const { csv, exported, leftOut } = playoutFile(records, mappingOf(home.settings.playoutExport, store), world.now())
    await writeFile(file, csv).catch((error: unknown) => {
      throw new ClearError(`cannot write ${file}: ${messageOf(error)}`, { cause: error })
    })
    world.print(`${exported} records written to ${file}`)
    for (const [reason, text] of Object.entries(LEFT_OUT)) {
      const count = leftOut.filter((one) => one.reason === reason).length
      if (count > 0) world.print(`${count} records left out: ${text}`)
    }
  })
}
