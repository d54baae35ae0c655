/** Where the text of a slide goes and how large it is: pure, but for the measuring of text, which is handed in. */

export type Box = { width: number; height: number }
export type Region = Box & { x: number; y: number }

export type BlockKind = 'title' | 'body'
export type Alignment = 'centre' | 'left'
export type Block = { kind: BlockKind; text: string; sizePx: number; alignment: Alignment }
export type PlacedBlock = Block & { x: number; y: number }

export type SlideText = { title: string | null; body: string }
export type SlideLayout = {
  blocks: PlacedBlock[]
  /** Where a line wraps. */
  wrapPx: number
  /** False if even the smallest letters do not fit: what is over the lower edge is cut. */
  fits: boolean
}

/** Size of the ink of a block that wraps at `wrapPx`. */
export type Measure = (block: Block, wrapPx: number) => Promise<Box>

const MARGIN_SHARE = 0.06
const BODY_SHARE_MAX = 0.13
/** Nobody can read less from the road; smaller is used only rather than cut an official text. */
const BODY_PX_MIN = 6
const TITLE_RATIO = 1.3
const GAP_RATIO = 0.8
const SIZE_STEP = 1.06
/** Short bodies are a call, longer ones are read: centred lines are hard to follow. */
const CENTRED_CHARS_MAX = 160

/** From the smallest to the largest; neighbours differ by a few per cent, so that few need measuring. */
export const bodySizes = (screen: Box): number[] => {
  const largest = Math.max(BODY_PX_MIN, Math.floor(screen.height * BODY_SHARE_MAX))
  const sizes: number[] = []
  for (let size = BODY_PX_MIN; size < largest; size = Math.max(size + 1, Math.floor(size * SIZE_STEP))) sizes.push(size)
  return [...sizes, largest]
}

const arrange = async (slide: SlideText, region: Region, bodyPx: number, measure: Measure): Promise<SlideLayout> => {
  const alignment = slide.body.length <= CENTRED_CHARS_MAX ? 'centre' : 'left'
  const blocks: Block[] = []
  if (slide.title !== null)
    blocks.push({ kind: 'title', text: slide.title, sizePx: Math.round(bodyPx * TITLE_RATIO), alignment: 'centre' })
  blocks.push({ kind: 'body', text: slide.body, sizePx: bodyPx, alignment })
  const boxes: Box[] = []
  for (const block of blocks) boxes.push(await measure(block, region.width))
  const gap = Math.round(bodyPx * GAP_RATIO)
  const height = boxes.reduce((sum, box) => sum + box.height, gap * (blocks.length - 1))
  // Ink may stand out of a wrapped line by a few pixels; the margins, half of them each, are there for it.
  const fits = height <= region.height && boxes.every((box) => box.width <= region.width + region.x)
  let y = region.y + Math.max(0, Math.floor((region.height - height) / 2))
  const placed = blocks.map((block, index) => {
    const box = boxes[index] ?? { width: 0, height: 0 }
    const x = Math.max(0, region.x + Math.floor((region.width - box.width) / 2))
    const at = { ...block, x, y }
    y += box.height + gap
    return at
  })
  return { blocks: placed, wrapPx: region.width, fits }
}

/** The largest letters with which all of the text fits, found by halving. */
export const layoutSlide = async (slide: SlideText, screen: Box, measure: Measure): Promise<SlideLayout> => {
  const margin = Math.round(Math.min(screen.width, screen.height) * MARGIN_SHARE)
  const region = { x: margin, y: margin, width: screen.width - 2 * margin, height: screen.height - 2 * margin }
  const sizes = bodySizes(screen)
  let best = await arrange(slide, region, sizes[0] ?? BODY_PX_MIN, measure)
  let low = 1
  let high = best.fits ? sizes.length - 1 : 0
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const layout = await arrange(slide, region, sizes[middle] ?? BODY_PX_MIN, measure)
    if (layout.fits) {
      best = layout
      low = middle + 1
    } else {
      high = middle - 1
    }
  }
  return best
}
