/** The place and the people of the examples: a commune, its issuer, one box that is a cabinet and a board. */
import { createHash } from 'node:crypto'

export const AREA = 'vn/08/02215'
export const BOX_AREA = 'vn/08/02215/thon-5'
export const DEVICE = 'loa-02215-0007'
export const GROUPS = ['cho', 'nha-van-hoa']
export const ISSUER = 'ubnd-02215'
export const EPOCH = '6f0a3f0e-7f0b-4a53-9a0c-2b6a1f6f5c11'
export const BOOT = '0b1c9c64-3b43-4c39-8d5e-6f2f4a0b7d90'

/** The hash of a file that exists only in these examples. */
export const fileHash = (name: string): string => createHash('sha256').update(`loa example file: ${name}`).digest('hex')

/** A UUID of version 4 that is the same at every run. */
export const exampleUuid = (name: string): string => {
  const hex = createHash('sha256').update(`loa example id: ${name}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
