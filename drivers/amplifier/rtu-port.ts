/**
 * The serial port under the Modbus library. The library's own takes the first bytes that look like the head of an answer; a
 * byte of noise that equals the unit number then spoils every try in the same way. This one gives it whole frames alone.
 */
import { EventEmitter } from 'node:events'
import { SerialPort } from 'serialport'
import { findAnswer } from './frames.ts'

export type RtuPortOptions = { path: string; baudRate: number; parity: 'none' | 'even' | 'odd'; stopBits: 1 | 2 }

/** The longest frame of the specification is 256 bytes; what noise was before it may be dropped. */
const RECEIVED_BYTES_MAX = 1_024

type Done = (error: Error | null) => void

export class RtuPort extends EventEmitter {
  /** Since the last question: tells a line with noise from one that is dead. */
  receivedBytes = 0
  private readonly port: SerialPort
  private question: Buffer | null = null
  private received = Buffer.alloc(0)

  constructor(options: RtuPortOptions) {
    super()
    this.port = new SerialPort({ ...options, dataBits: 8, autoOpen: false })
    this.port.on('data', (bytes: Buffer) => this.take(bytes))
    this.port.on('error', (error) => this.emit('error', error))
    this.port.on('close', () => this.emit('close'))
  }

  get isOpen(): boolean {
    return this.port.isOpen
  }

  open(done: Done): void {
    this.port.open(done)
  }

  close(done: Done): void {
    this.port.close(done)
  }

  write(question: Buffer): void {
    this.question = question
    this.received = Buffer.alloc(0)
    this.receivedBytes = 0
    this.port.write(question)
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
