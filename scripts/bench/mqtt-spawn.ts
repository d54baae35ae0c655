/** The shortest player one can write: subscribe, and spawn a program for each message. `mqtt-spawn URL TOPIC PROGRAM…` */
import { spawn } from 'node:child_process'
import mqtt from 'mqtt'

const [url = '', topic = '', program = '', ...args] = process.argv.slice(2)
const client = mqtt.connect(url)
client.on('message', () => spawn(program, args, { stdio: 'ignore' }))
await client.subscribeAsync(topic, { qos: 1 })
process.stdout.write('connected to broker\n')
