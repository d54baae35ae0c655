/** The terminal: lines that stay, and on a real terminal one last line that changes under them. */

export type Paint = 'strong' | 'dim' | 'good' | 'bad' | 'play' | 'due'
export type Terminal = {
  line: (text?: string) => void
  /** Shown in place on a terminal; elsewhere not at all. */
  status: (text: string | null) => void
  paint: (text: string, paint: Paint) => string
  isLive: boolean
  columns: () => number
}

const CODES: Record<Paint, string> = { strong: '1', dim: '2', good: '32', bad: '31;1', play: '36', due: '33' }
const COLUMNS_DEFAULT = 100
/** Begins an escape sequence. */
const ESC = '\u001b'

export const openTerminal = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal => {
  const isLive = stream.isTTY && env['TERM'] !== 'dumb'
  const hasColour = isLive && (env['NO_COLOR'] ?? '') === ''
  let shown: string | null = null
  const clear = isLive ? `\r${ESC}[2K` : ''
  const write = (text: string) => void stream.write(text)
  return {
    isLive,
    columns: () => (isLive ? stream.columns : COLUMNS_DEFAULT),
    paint: (text, paint) => (hasColour ? `${ESC}[${CODES[paint]}m${text}${ESC}[0m` : text),
    line: (text = '') => write(`${shown === null ? '' : clear}${text}\n${shown ?? ''}`),
    status: (text) => {
      if (!isLive || text === shown) return
      const had = shown !== null
      shown = text
      write(`${had ? clear : ''}${text ?? ''}`)
    },
  }
}
