/** The least that can connect: says one word at a broker and stays. `mqtt-hello URL TOPIC` */
import mqtt from 'mqtt'

const [url = '', topic = ''] = process.argv.slice(2)
const client = mqtt.connect(url)
client.on('connect', () => client.publish(topic, 'hello', { qos: 1 }))
process.once('SIGTERM', () => client.end(true))
