/** An embedded broker on a free port of the loopback: for the demo alone, which has nothing to keep and nobody to keep out. */
import { createServer } from 'node:net'
import { Aedes } from 'aedes'

export type OwnBroker = { url: string; close: () => Promise<void> }

export const startOwnBroker = async (): Promise<OwnBroker> => {
  const aedes = await Aedes.createBroker()
  const server = createServer((socket) => {
    // Lateness is measured here: small packets must not wait for larger ones.
    socket.setNoDelay(true)
    aedes.handle(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the embedded broker has no port')
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await new Promise<void>((resolve) => aedes.close(resolve))
      await closed
    },
  }
}
