/** What is really on the screen, looked at as a camera would. */
import t, { type Test } from 'tap'
import { tickerHeightPx, tickerSpeedPxPerSecond } from '../../../drivers/display/ticker-script.ts'
import { addMs, wallMs } from '../../../player/plan/time.ts'
import type { Playable, PlayRequest } from '../../../player/ports/output.ts'
import { isNear, openDisplay, openScreen, pass, pixel, serveMedia, until } from '../../fixtures/display-bench.ts'
import { makeQuarters, makeVideo, RGB_OF, SECOND_COLOURS } from '../../fixtures/display-media.ts'

const request = (playId: string, playable: Playable, rest: Partial<PlayRequest> = {}): PlayRequest => ({
  playId,
  playable,
  offsetMs: 0,
  dueAt: wallMs(Date.now()),
  lengthMs: null,
  gainDb: 0,
  levellingDb: 0,
  ...rest,
})

const openReady = async (t: Test, display: Parameters<typeof openScreen>[1]) => {
  const screen = openScreen(t, display)
  await until('the screen is ready', () => screen.output.health().state === 'ready')
  return screen
}

t.test('a picture fills the screen, each part in its place', async (t) => {
  const display = await openDisplay(t)
  const source = await serveMedia(t, {
    'quarters.png': { bytes: await makeQuarters(640, 360), mediaType: 'image/png' },
  })
  const screen = await openReady(t, display)
  screen.output.play(request('still', { kind: 'still', source: source('quarters.png') }))
  await screen.started('still')
  const picture = await display.look()
  const { width, height } = picture
  t.ok(isNear(pixel(picture, width / 4, height / 4), [255, 0, 0]), 'red above left')
  t.ok(isNear(pixel(picture, (3 * width) / 4, height / 4), [0, 255, 0]), 'green above right')
  t.ok(isNear(pixel(picture, width / 4, (3 * height) / 4), [0, 0, 255]), 'blue below left')
})

t.test('a film is joined at its offset and runs at its own pace', async (t) => {
  const display = await openDisplay(t)
  const source = await serveMedia(t, { 'film.mp4': { bytes: makeVideo(12), mediaType: 'video/mp4' } })
  const screen = await openReady(t, display)
  const dueAt = addMs(wallMs(Date.now()), 2_500)
  screen.output.play(request('film', { kind: 'video', source: source('film.mp4') }, { offsetMs: 3_000, dueAt }))
  const { at } = await screen.started('film')
  for (const middleMs of [500, 2_500, 4_500]) {
    await until(`${middleMs} ms of it were shown`, () => Date.now() >= at + middleMs)
    const picture = await display.look({ x: 600, y: 300, width: 8, height: 8 })
    const second = Math.floor((3_000 + picture.takenAtMs - at) / 1_000)
    const colour = SECOND_COLOURS[second % SECOND_COLOURS.length]!
    const before = SECOND_COLOURS[(second - 1) % SECOND_COLOURS.length]!
    const seen = pixel(picture, 4, 4)
    t.ok(
      isNear(seen, RGB_OF[colour], 24) || isNear(seen, RGB_OF[before], 24),
      `second ${second} is ${colour}: ${seen.join(',')}`,
    )
  }
})

t.test('a slide has its colours, holds all its text, and shows the signs of a markup as they are', async (t) => {
  const display = await openDisplay(t)
  const screen = await openReady(t, display)
  const body =
    'Ủy ban nhân dân xã thông báo: <b>lịch tiêm chủng</b> & khám bệnh cho trẻ em. Nguyễn Thị Thưởng, Đặng Văn Ỷ; ặ ẫ ẩ ằ ữ ự ợ ỡ ở ỵ ỹ.'
  const shownAs = async (playId: string, text: string) => {
    screen.output.play(
      request(playId, {
        kind: 'text',
        slide: { title: 'Thông báo', body: text, colour: '#ffffff', background: '#204060' },
      }),
    )
    await screen.started(playId)
    await pass(200)
    return display.look()
  }
  const literal = await shownAs('literal', body)
  const { width, height } = literal
  for (const [x, y] of [
    [2, 2],
    [width - 3, 2],
    [2, height - 3],
    [width - 3, height - 3],
  ] as const)
    t.ok(
      isNear(pixel(literal, x, y), [0x20, 0x40, 0x60]),
      `the background reaches the corner at ${x},${y}: nothing is cut off there`,
    )
  const inkOf = (picture: typeof literal) => {
    let ink = 0
    for (let at = 0; at < picture.rgb.length; at += 3)
      if ((picture.rgb[at] ?? 0) > 200 && (picture.rgb[at + 2] ?? 0) > 200) ink += 1
    return ink
  }
  const share = inkOf(literal) / (width * height)
  t.ok(share > 0.02 && share < 0.5, `letters cover ${(share * 100).toFixed(1)} % of the screen`)
  const without = await shownAs('without', body.replaceAll(/<\/?b>/g, ''))
  t.notOk(literal.rgb.equals(without.rgb), 'the signs of a markup are text like any other')
})

t.test('the line under the picture runs at a constant speed', async (t) => {
  const display = await openDisplay(t)
  const screen = await openReady(t, display)
  const ticker = 'Bà con nhớ mang theo sổ tiêm chủng của các cháu; mọi thắc mắc xin gọi trạm y tế xã. '.repeat(3)
  screen.output.play(request('slide', { kind: 'text', slide: { body: 'Xin chào', background: '#000000' }, ticker }))
  await screen.started('slide')
  const strip = {
    x: 0,
    y: display.height - tickerHeightPx(display.height),
    width: display.width,
    height: tickerHeightPx(display.height),
  }
  // A line of letters has entered the screen far enough to be recognised again.
  await pass(6_000)
  const pictures: number[][] = []
  const stop = await display.watch(strip, 10, ({ rgb, width, height }) => {
    const columns = Array.from({ length: width }, (_, x) => {
      let sum = 0
      for (let y = 0; y < height; y += 1) sum += rgb[(y * width + x) * 3] ?? 0
      return sum
    })
    pictures.push(columns)
  })
  await until('two seconds were watched', () => pictures.length >= 21)
  await stop()
  const shiftOf = (a: number[], b: number[]): number => {
    let best = { shift: 0, difference: Infinity }
    for (let shift = 0; shift <= 500; shift += 1) {
      let difference = 0
      for (let x = 0; x + shift < a.length; x += 1) difference += Math.abs((a[x + shift] ?? 0) - (b[x] ?? 0))
      difference /= a.length - shift
      if (difference < best.difference) best = { shift, difference }
    }
    return best.shift
  }
  const speed = tickerSpeedPxPerSecond(display.width)
  // Ten pictures a second, so five apart are half a second.
  for (const index of [0, 5, 10, 15]) {
    const px = shiftOf(pictures[index]!, pictures[index + 5]!)
    t.ok(Math.abs(px - speed / 2) < speed * 0.05, `${px} px in half a second at ${speed} px/s`)
  }
})
