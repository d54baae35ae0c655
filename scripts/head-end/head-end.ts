/** A whole head-end for one commune: database, media server, line, receiver. What `run` starts, and what tests start. */
import { networkInterfaces } from 'node:os'
import { openDatabase, type Db } from './database.ts'
import { connectLine, type BrokerAddress, type Line } from './line.ts'
import { startMediaServer, type MediaServer } from './media-server.ts'
import type { MediaShelf } from './media-files.ts'
import type { Desk } from './orders.ts'
import { makeReceiver, type HeadEndEvent } from './receive.ts'
import { receivedStore, type ReceivedStore } from './received-store.ts'
import { sentStore, type SentStore } from './sent-store.ts'
import type { SigningKey } from './sign.ts'
import type { WallMs } from '../../player/plan/time.ts'

export type Store = ReceivedStore & SentStore

export type HeadEndOptions = {
  databaseFile: string
  mediaFolder: string
  broker: BrokerAddress
  area: string
  signer: SigningKey
  /** Port 0 takes a free one; `publicUrl` null is made of the address and the port. */
  media: { listenHost: string; listenPort: number; publicUrl: string | null }
  now: () => WallMs
  listener: (event: HeadEndEvent) => void
}

export type HeadEnd = {
  store: Store
  shelf: MediaShelf
  desk: Desk
  line: Line
  mediaUrl: string
  close: () => Promise<void>
}

export const storeOf = (db: Db): Store => ({ ...sentStore(db), ...receivedStore(db) })

/** The address by which other machines are most likely to reach this one. */
const ownAddress = (): string =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'

export const mediaUrlOf = (listenHost: string, port: number): string => {
  const isAny = listenHost === '0.0.0.0' || listenHost === '::'
  const host = isAny ? ownAddress() : listenHost
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export const startHeadEnd = async (options: HeadEndOptions): Promise<HeadEnd> => {
  const { databaseFile, mediaFolder, broker, area, signer, media, now, listener } = options
  const db = openDatabase(databaseFile)
  const store = storeOf(db)
  let server: MediaServer | null = null
  let line: Line | null = null
  try {
    server = await startMediaServer({ store, folder: mediaFolder, host: media.listenHost, port: media.listenPort })
    const mediaUrl = media.publicUrl ?? mediaUrlOf(media.listenHost, server.port)
    const receiver = makeReceiver({ store, area, signer, now, listener })
    line = await connectLine({ ...broker, reconnect: 'always', listener: receiver.onLine })
    await receiver.start(line)
    const opened = { server, line }
    return {
      store,
      shelf: { folder: mediaFolder, store, now },
      desk: { line, store, signer, now, mediaUrl },
      line,
      mediaUrl,
      close: async () => {
        await receiver.stop()
        await opened.line.close()
        await opened.server.close()
        db.close()
      },
    }
  } catch (error) {
    await line?.close()
    await server?.close()
    db.close()
    throw error
  }
}
