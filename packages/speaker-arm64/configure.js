/**
 * speaker 0.5.5 has no configuration of its bundled mpg123 for 64-bit ARM Linux, and so does not build there. The one for
 * x64 fits: it describes a 64-bit little-endian machine with glibc, and of mpg123 only the ALSA output is built into the
 * binding, not the decoder with its assembler. npm runs every `preinstall` of an install before any package is built, which
 * is why this is a package with that one script.
 */
import { cpSync, existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** @param {string} speakerFolder */
export const configure = (speakerFolder) => {
  const configurations = join(speakerFolder, 'deps', 'mpg123', 'config', 'linux')
  const own = join(configurations, 'arm64')
  // A version that brings its own needs nothing of us.
  if (existsSync(own)) return 'present'
  if (!existsSync(join(configurations, 'x64'))) return 'unknown'
  cpSync(join(configurations, 'x64'), own, { recursive: true })
  return 'added'
}

const here = fileURLToPath(import.meta.url)
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === here) {
  const outcome = configure(join(dirname(here), '..', 'speaker'))
  process.stdout.write(`configuration of speaker for 64-bit ARM: ${outcome}\n`)
}
