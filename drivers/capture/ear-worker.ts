/** The thread that listens: transforms of a second of sound are no work for the loop in which an alert comes in. */
import { parentPort, workerData } from 'node:worker_threads'
import { createListener } from './listener.ts'
import type { EarSettings, FromEar, ToEar } from './messages.ts'
import { openRecorder } from './recorder.ts'

/** More than one message carries is a mistake: ten seconds. */
const PCM_CHARS_MAX = 220_000

const samplesOf = (pcm: string): Int16Array => {
  const bytes = Buffer.from(pcm.slice(0, PCM_CHARS_MAX), 'base64')
  const samples = new Int16Array(Math.floor(bytes.length / 2))
  Buffer.from(samples.buffer).set(bytes.subarray(0, samples.byteLength))
  return samples
}

const listen = (port: NonNullable<typeof parentPort>, { device, gainDb }: EarSettings) => {
  const tell = (message: FromEar) => port.postMessage(message)
  const listener = createListener({ gainDb, look: (look) => tell({ kind: 'look', look }) })
  const recorder = openRecorder({
    device,
    events: {
      sound: listener.captured,
      cut: listener.cut,
      fault: (fault) => tell({ kind: 'capture', fault }),
    },
  })
  port.on('message', (message: ToEar) => {
    if (message.kind === 'close') {
      void recorder.close().then(() => {
        tell({ kind: 'closed' })
        port.close()
      })
      return
    }
    recorder.want()
    listener.sent(samplesOf(message.pcm), message.at)
  })
}

// The agent starts this file as a thread, with its settings; a test that imports it starts nothing.
if (parentPort !== null) listen(parentPort, workerData as EarSettings)
