/** A process that fetches everything that is wanted, again and again, and is made to be killed meanwhile. */
import { writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { httpDownloader } from '../../../drivers/download/downloader.ts'
import { openTestStore } from '../database/media-sample.ts'

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: fetcher FILE')
const { store, faults } = await openTestStore(file)
writeSync(1, 'begun\n')
const downloader = httpDownloader({ userAgent: 'loa-test' })
for (;;) {
  for (const { sha256 } of store.wanted()) {
    const outcome = await downloader.fetch(sha256, store, new AbortController().signal)
    if (outcome.kind === 'ready') writeSync(1, `ready ${sha256}\n`)
    else store.recordFailure(sha256, outcome.error, false)
  }
  for (const fault of faults.splice(0)) writeSync(1, `fault ${fault.message}\n`)
  await wait(5)
}
