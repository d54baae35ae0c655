/**
 * The part of the ticker that runs inside mpv: it moves a window over a strip that was drawn once. Kept as text and
 * written to the runtime folder, so that it is found in the same way from `dist/` and from the sources.
 *
 * Its place is a function of the time since it began, never of the steps made: a late step is not a slower ticker.
 */
import type { VideoOutput } from './mpv-process.ts'

export const TICKER_FILE = 'ticker.lua'
/** mpv names a script after its file. */
const CLIENT = 'ticker'

/** Redrawing costs a copy of the whole screen where software draws it. */
const STEPS_PER_SECOND: Readonly<Record<VideoOutput, number>> = { x11: 30, drm: 30, gpu: 60 }
/** How long a letter is on the screen: slow enough to read a village name in passing. */
const CROSSING_SECONDS = 8
const HEIGHT_SHARE = 0.08
const HEIGHT_PX_MIN = 10

export const tickerHeightPx = (screenHeight: number): number =>
  Math.max(HEIGHT_PX_MIN, 2 * Math.round((screenHeight * HEIGHT_SHARE) / 2))

export const tickerSpeedPxPerSecond = (screenWidth: number): number =>
  Math.max(1, Math.round(screenWidth / CROSSING_SECONDS))

export type Strip = { file: string; widthPx: number }

export const showTicker = (
  strip: Strip,
  screen: { width: number; height: number },
  videoOutput: VideoOutput,
): (string | number)[] => {
  const heightPx = tickerHeightPx(screen.height)
  const numbers = [
    screen.height - heightPx,
    screen.width,
    heightPx,
    strip.widthPx,
    tickerSpeedPxPerSecond(screen.width),
    STEPS_PER_SECOND[videoOutput],
  ]
  return ['script-message-to', CLIENT, 'show', strip.file, ...numbers.map(String)]
}

export const hideTicker = (): string[] => ['script-message-to', CLIENT, 'hide']

export const TICKER_SCRIPT = `-- Written by the agent at each start.
local mp = require 'mp'
local OVERLAY = 0
local BYTES_PER_PIXEL = 4
local timer = nil
local last = nil

local function hide()
  if timer then
    timer:kill()
    timer = nil
  end
  last = nil
  mp.commandv('overlay-remove', OVERLAY)
end

local function show(file, y, width, height, strip, speed, rate)
  hide()
  y, width, height = tonumber(y), tonumber(width), tonumber(height)
  strip, speed, rate = tonumber(strip), tonumber(speed), tonumber(rate)
  local began = mp.get_time()
  local period = strip - width
  local function step()
    local x = math.floor((mp.get_time() - began) * speed) % period
    if x == last then return end
    last = x
    mp.commandv('overlay-add', OVERLAY, 0, y, file, string.format('%d', x * BYTES_PER_PIXEL), 'bgra',
      width, height, strip * BYTES_PER_PIXEL)
  end
  timer = mp.add_periodic_timer(1 / rate, step)
  step()
end

mp.register_script_message('show', show)
mp.register_script_message('hide', hide)
`
