/** What the head-end says of an acknowledgement that tells of clashes. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { UPLINKS } from '../../../agent/protocol/uplink.ts'
import { parser } from '../../../agent/protocol/validate.ts'
import { parseWall } from '../../../player/plan/time.ts'
import { eventLine } from '../../../scripts/head-end/render.ts'
import { wordsOf } from '../../../scripts/head-end/words.ts'

const example = (): unknown =>
  JSON.parse(
    readFileSync(new URL('../../../../docs/protocol/examples/acknowledgement-overlaps.json', import.meta.url), 'utf8'),
  )

t.test('programmes that clash are named with output, moment, and which of them waits', async (t) => {
  const parsed = parser(UPLINKS.acknowledgement)(example())
  if (parsed.kind === 'malformed') throw new Error(parsed.detail)
  const uplink = { kind: 'acknowledgement' as const, area: 'vn/08/02215/thon-5', message: parsed.value }
  const line = (language: 'vi' | 'en') =>
    eventLine({ kind: 'uplink', uplink, taken: 'new', retained: false }, parseWall('2026-11-22T09:05:02Z'), {
      words: wordsOf(language),
      timeZone: 'Asia/Ho_Chi_Minh',
    }) ?? ''
  t.match(line('en'), /programmes of it CLASH \(6\): horn .*05:38.*: tiep-song-vov1 plays, ban-tin-sang waits;/)
  t.match(line('vi'), /TRÙNG GIỜ nhau \(6\): horn .*phát tiep-song-vov1, ban-tin-sang phải đợi/)
})
