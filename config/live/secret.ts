/** Asks for a passphrase. On a terminal nothing of it is shown; else it is the next line of what is piped in. */
export type SecretInput = NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown }

export type Asker = {
  isTerminal: boolean
  /** Null: called off, or there is nothing to read. */
  ask: (question: string) => Promise<string | null>
  close: () => void
}

const CHARACTERS_MAX = 1_000
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const ERASE = ['\u007f', '\b']

export const openAsker = (input: SecretInput, output: NodeJS.WritableStream): Asker => {
  const isTerminal = input.isTTY === true
  let typed: string[] = []
  let isEnded = false
  let answer: ((line: string | null) => void) | null = null

  const done = (line: string | null) => {
    const told = answer
    answer = null
    told?.(line)
  }
  const pump = () => {
    if (answer === null) return
    const end = typed.findIndex((character) => character === '\n' || character === '\r')
    const off = isTerminal ? typed.findIndex((character) => character === CTRL_C || character === CTRL_D) : -1
    if (off >= 0 && (end < 0 || off < end)) {
      typed = typed.slice(off + 1)
      done(null)
    } else if (end >= 0) {
      const line = typed.slice(0, end)
      typed = typed.slice(typed[end] === '\r' && typed[end + 1] === '\n' ? end + 2 : end + 1)
      done(line.join(''))
    } else if (isEnded || typed.length > CHARACTERS_MAX)
      done(isEnded && typed.length > 0 ? typed.splice(0).join('') : null)
  }
  const take = (text: string) => {
    for (const character of text)
      if (isTerminal && ERASE.includes(character)) typed.pop()
      else typed.push(character)
    pump()
  }
  const over = () => {
    isEnded = true
    pump()
  }
  input.setEncoding('utf8')
  input.on('data', take)
  input.once('end', over)
  input.once('close', over)
  input.pause()
  return {
    isTerminal,
    ask: (question) => {
      // Before it asks: whoever types fast is not shown either.
      if (isTerminal) input.setRawMode?.(true)
      output.write(question)
      return new Promise<string | null>((resolve) => {
        answer = resolve
        input.resume()
        pump()
      }).then((line) => {
        if (isTerminal) {
          input.setRawMode?.(false)
          output.write('\n')
        }
        input.pause()
        return line
      })
    },
    close: () => {
      input.off('data', take)
      input.off('end', over)
      input.off('close', over)
      input.pause()
    },
  }
}
