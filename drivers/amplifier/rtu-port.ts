/**
 * The port under the Modbus library, for frames of RTU over a serial line or through a plain serial gateway. The library's own
 * takes the first bytes that look like the head of an answer, so a byte of noise that equals the unit number spoils every
 * try in the same way; and over TCP it writes the header of Modbus TCP instead. This one gives it whole frames alone.
 */
import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { SerialPort } from 'serialport'
import { findAnswer } from './frames.ts'

type Done = (error: Error | null) => void

export type Wire = {
  stream: Duplex
  open: (done: Done) => void
  close: (done: Done) => void
  isOpen: () => boolean
}

export type SerialOptions = { path: string; baudRate: number; parity: 'none' | 'even' | 'odd'; stopBits: 1 | 2 }

export const serialWire = ({ path, baudRate, parity, stopBits }: SerialOptions): Wire => {
  const port = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false })
  return {
    stream: port,
    open: (done) => port.open(done),
    close: (done) => port.close(done),
    isOpen: () => port.isOpen,
  }
}

export const socketWire = ({ host, port, timeoutMs }: { host: string; port: number; timeoutMs: number }): Wire => {
  const socket = new Socket()
  return {
    stream: socket,
    open: (done) => {
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)))
      socket.once('error', done)
      socket.connect(port, host, () => {
        socket.setTimeout(0)
        socket.off('error', done)
        socket.setNoDelay(true)
        done(null)
      })
    },
    close: (done) => {
      socket.destroy()
      done(null)
    },
    isOpen: () => socket.readyState === 'open',
  }
}

/** The longest frame of the specification is 256 bytes; what noise was before it may be dropped. */
const RECEIVED_BYTES_MAX = 1_024

export class RtuPort extends EventEmitter {
  /** Since the last question: tells a line with noise from one that is dead. */
  receivedBytes = 0
  private readonly wire: Wire
  private question: Buffer | null = null
  private received = Buffer.alloc(0)

  constructor(wire: Wire) {
    super()
    this.wire = wire
    wire.stream.on('data', (bytes: Buffer) => this.take(bytes))
    wire.stream.on('error', (error) => this.emit('error', error))
    wire.stream.on('close', () => this.emit('close'))
    // Until the library listens, the caller of open() is told of what fails.
    this.on('error', () => undefined)
  }

  get isOpen(): boolean {
    return this.wire.isOpen()
  }

  open(done: Done): void {
    this.wire.open(done)
  }

  close(done: Done): void {
    this.wire.close(done)
  }

  write(question: Buffer): void {
    this.question = question
    this.received = Buffer.alloc(0)
    this.receivedBytes = 0
    this.wire.stream.write(question)
  }

  private take(bytes: Buffer): void {
    this.receivedBytes += bytes.length
    if (this.question === null) return
    this.received = Buffer.concat([this.received, bytes]).subarray(-RECEIVED_BYTES_MAX)
    const answer = findAnswer(this.received, this.question)
    if (answer === null) return
    this.question = null
    this.emit('data', answer)
  }
}
