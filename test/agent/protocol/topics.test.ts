import { test } from 'tap'
import type { Downlink } from '../../../agent/protocol/downlink.ts'
import type { Target } from '../../../agent/protocol/fields.ts'
import {
  areaPrefixes,
  deviceSubscriptions,
  downTopic,
  headEndSubscriptions,
  isAddressed,
  isWithin,
  streamOf,
  topicOf,
  upTopic,
} from '../../../agent/protocol/topics.ts'
import { exampleFiles, readJson } from './files.ts'

/** MQTT 5 §4.7, written anew. */
const matches = (filter: string, topic: string): boolean => {
  const [wanted, actual] = [filter.split('/'), topic.split('/')]
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (actual[index] === undefined || (level !== '+' && level !== actual[index])) return false
  }
  return wanted.length === actual.length
}

const box = { device: 'loa-1', area: 'vn/08/02215/thon-5', groups: ['cho'] }
const hears = (topic: string): boolean => deviceSubscriptions(box).some((filter) => matches(filter, topic))

test('a box subscribes to its area and every one around it, to its groups there, and to itself', (t) => {
  t.same(areaPrefixes(box.area), ['vn', 'vn/08', 'vn/08/02215', 'vn/08/02215/thon-5'])
  t.equal(deviceSubscriptions(box).length, 4 + 4 + 1)
  t.equal(new Set(deviceSubscriptions(box)).size, 9)
  t.end()
})

const targets: [Target, boolean][] = [
  [{ area: 'vn' }, true],
  [{ area: 'vn/08/02215/thon-5' }, true],
  [{ area: 'vn/08/02215/thon-6' }, false],
  [{ area: 'vn/08/02215/thon-5/to-1' }, false],
  [{ area: 'vn/0' }, false],
  [{ group: 'cho', within: 'vn/08/02215' }, true],
  [{ group: 'cho', within: 'vn/09' }, false],
  [{ group: 'truong-hoc', within: 'vn/08' }, false],
  [{ device: 'loa-1' }, true],
  [{ device: 'loa-2' }, false],
]

test('what a box hears is what is meant for it, for targets of every form', (t) => {
  for (const [target, meant] of targets) {
    t.equal(isAddressed(target, box), meant, JSON.stringify(target))
    t.equal(hears(downTopic('schedule', 'xa', target)), meant, `topic of ${JSON.stringify(target)}`)
    t.equal(hears(downTopic('alert', 'xa', target, 'lu-1')), meant, `alert topic of ${JSON.stringify(target)}`)
  }
  t.end()
})

test('an area is not within one whose name it only begins with', (t) => {
  t.ok(isWithin('vn/08', 'vn/08'))
  t.ok(isWithin('vn/08/1', 'vn/08'))
  t.notOk(isWithin('vn/081', 'vn/08'))
  t.notOk(isWithin('vn', 'vn/08'))
  t.end()
})

test('two alerts of one issuer have two topics and two streams; two schedules have one', (t) => {
  const alert = readJson('examples/alert.json') as Extract<Downlink, { kind: 'alert' }>
  const other = { ...alert, body: { ...alert.body, alertId: 'bao-so-9' } }
  t.not(topicOf(alert), topicOf(other))
  t.not(streamOf(alert), streamOf(other))
  t.equal(topicOf(alert), 'loa/1/down/alert~lu-quet-2026-11-23-01/ubnd-02215/area/vn/08/02215')
  const schedule = readJson('examples/schedule.json') as Extract<Downlink, { kind: 'schedule' }>
  const next = { ...schedule, sequence: 43, body: { ...schedule.body, revision: 4 } }
  t.equal(topicOf(schedule), topicOf(next))
  t.equal(streamOf(schedule), streamOf(next))
  t.end()
})

test('every example has a topic without wildcards that a box of its target hears', (t) => {
  const listener = { device: 'loa-02215-0007', area: 'vn/08/02215/thon-5', groups: ['cho', 'nha-van-hoa'] }
  for (const file of exampleFiles('.jws').filter((name) => name !== 'delegation.jws')) {
    const topic = topicOf(readJson(`examples/${file.replace('.jws', '.json')}`) as Downlink)
    t.notMatch(topic, /[+#$\s]/, file)
    t.equal(deviceSubscriptions(listener).filter((filter) => matches(filter, topic)).length, 1, `${file}: ${topic}`)
  }
  t.end()
})

test('a head-end hears every kind of report of its area and of no other', (t) => {
  const [filter = ''] = headEndSubscriptions('vn/08')
  t.ok(matches(filter, upTopic('heartbeat', 'loa-1', 'vn/08/02215/thon-5')))
  t.ok(matches(filter, upTopic('record', 'loa-1', 'vn/08')))
  t.notOk(matches(filter, upTopic('record', 'loa-1', 'vn/09')))
  t.end()
})
