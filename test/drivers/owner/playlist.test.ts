/** A playlist in the owner's network: copied within a quota, still there when the shop's server is not. */
import { createServer } from 'node:http'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { OwnerOptions } from '../../../drivers/owner/owner.ts'
import { pass, until } from '../../fixtures/display-bench.ts'
import { picture, sha256Of, watchOwner, workFolder } from './bench.ts'

type Shop = {
  address: string
  files: Map<string, Buffer>
  asked: string[]
  logins: (string | undefined)[]
  break: () => void
  mend: () => void
}

const openShop = async (t: Test): Promise<Shop> => {
  const files = new Map<string, Buffer>()
  const asked: string[] = []
  const logins: (string | undefined)[] = []
  let isBroken = false
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1))
    asked.push(name)
    logins.push(request.headers.authorization)
    const bytes = files.get(name)
    if (isBroken) {
      response.destroy()
      return
    }
    if (bytes === undefined) {
      response.writeHead(404).end()
      return
    }
    const etag = `"${sha256Of(bytes)}"`
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    address: `http://127.0.0.1:${port}/board.m3u8`,
    files,
    asked,
    logins,
    break: () => (isBroken = true),
    mend: () => (isBroken = false),
  }
}

const watch = (t: Test, folder: string, playlist: string, limits: OwnerOptions['limits'] = {}) =>
  watchOwner(t, { stateFolder: join(folder, 'state'), playlist, limits })

const list = (...names: string[]): Buffer => Buffer.from(`#EXTM3U\n${names.join('\n')}\n`)
const copiesIn = (folder: string) =>
  readdirSync(join(folder, 'state', 'owner-copies')).filter((name) => name !== 'index.json')

t.test('what the list names is copied in its order, and what it no longer names is removed', async (t) => {
  const folder = workFolder(t)
  const shop = await openShop(t)
  shop.files.set('b.jpg', await picture('red'))
  shop.files.set('chợ Tết.jpg', await picture('lime'))
  shop.files.set('board.m3u8', list('b.jpg', 'chợ Tết.jpg', 'none.jpg'))
  const { untilTold, last } = await watch(t, folder, shop.address)
  const content = await untilTold('both are there', ({ files, skipped }) => files.length === 2 && skipped.length === 1)
  t.match(content, {
    files: [{ name: 'b.jpg', kind: 'still' }, { name: 'chợ Tết.jpg' }],
    skipped: [{ name: 'none.jpg', reason: 'the server answered 404' }],
  })
  shop.files.set('board.m3u8', list('chợ Tết.jpg'))
  await untilTold('one is left', ({ files, skipped }) => files.length === 1 && skipped.length === 0)
  t.match(last().files, [{ name: 'chợ Tết.jpg' }])
  await until('the other copy is removed', () => copiesIn(folder).length === 1)
  const before = shop.asked.filter((name) => name === 'chợ Tết.jpg').length
  await pass(500)
  t.equal(shop.asked.filter((name) => name === 'chợ Tết.jpg').length, before, 'a copy is not fetched again and again')
})

t.test('a server that is down takes nothing from the board, also after a restart; the fault is told', async (t) => {
  const folder = workFolder(t)
  const shop = await openShop(t)
  shop.files.set('a.jpg', await picture('red'))
  shop.files.set('board.m3u8', list('a.jpg'))
  const before = await watch(t, folder, shop.address)
  await before.untilTold('it is there', ({ files }) => files.length === 1)
  shop.break()
  await before.untilTold('the fault is told', ({ skipped }) => skipped.length === 1)
  t.equal(before.last().files.length, 1)
  await before.source.close()
  const after = await watch(t, folder, shop.address)
  await after.untilTold('it is there', ({ files, skipped }) => files.length === 1 && skipped.length === 1)
  t.match(after.last().skipped, [{ name: shop.address }])
  shop.mend()
  shop.files.set('board.m3u8', Buffer.from('<html>Wi-Fi login</html>'))
  await after.untilTold('the page is told', ({ skipped }) => skipped[0]?.reason === 'it is a page, not a list of files')
  t.equal(after.last().files.length, 1, 'and not obeyed')
  shop.files.set('board.m3u8', list('a.jpg'))
  await after.untilTold('all is well', ({ skipped }) => skipped.length === 0)
})

t.test('a file that changed at the server is fetched anew', async (t) => {
  const folder = workFolder(t)
  const shop = await openShop(t)
  shop.files.set('a.jpg', await picture('red'))
  shop.files.set('board.m3u8', list('a.jpg'))
  const { untilTold } = await watch(t, folder, shop.address, { copies: { checkMs: 100 } })
  await untilTold('it is there', ({ files }) => files.length === 1)
  const other = await picture('blue')
  shop.files.set('a.jpg', other)
  await untilTold('the other is there', ({ files }) => files[0]?.sha256 === sha256Of(other))
})

t.test('copies keep to their quota, and leave the disk its room', async (t) => {
  const folder = workFolder(t)
  const shop = await openShop(t)
  const small = await picture('red')
  shop.files.set('small.jpg', small)
  shop.files.set('large.jpg', Buffer.concat([await picture('blue'), Buffer.alloc(50_000)]))
  shop.files.set('board.m3u8', list('large.jpg', 'small.jpg'))
  const { untilTold } = await watch(t, folder, shop.address, { copies: { quotaBytes: 20_000 } })
  t.match(await untilTold('the small one is there', ({ files }) => files.length === 1), {
    files: [{ name: 'small.jpg' }],
    skipped: [{ name: 'large.jpg', reason: 'there is no room for it' }],
  })
  const full = await watchOwner(t, {
    stateFolder: join(folder, 'other'),
    playlist: shop.address,
    limits: { copies: { diskFreeBytesMin: Number.MAX_SAFE_INTEGER } },
  })
  await full.untilTold('there is no room', ({ skipped }) => skipped.length === 2)
})

t.test('a login in the address is used, and told to nobody', async (t) => {
  const folder = workFolder(t)
  const shop = await openShop(t)
  shop.files.set('board.m3u8', list('none.jpg'))
  const { untilTold } = await watch(t, folder, shop.address.replace('http://', 'http://shop:geheim@'))
  const content = await untilTold('it was asked', ({ skipped }) => skipped.length === 1)
  t.equal(shop.logins[0], `Basic ${Buffer.from('shop:geheim').toString('base64')}`)
  t.notMatch(JSON.stringify(content), /geheim/)
})
