/** The folder of a head-end: its settings (`head-end.yaml`), database, media and keys. Parsed once, passed on. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { AreaPath, DeviceId, HttpUrl, Id } from '../../agent/protocol/fields.ts'
import { ClearError, messageOf } from './clear-error.ts'
import { describeFaults, readDocument } from './document.ts'

const FileName = Type.String({ minLength: 1, description: 'the name of a file, relative to this folder' })
const Port = Type.Integer({ minimum: 0, maximum: 65_535, description: 'a port, 0 to 65535' })
const SpaceId = Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'a number up to 2147483647' })

export const SETTINGS_FILE = 'head-end.yaml'

export const HeadEndSettings = Type.Object(
  {
    area: Type.Optional(AreaPath),
    issuer: Type.Optional(Id),
    issuerKey: Type.Optional(FileName),
    rootKey: Type.Optional(FileName),
    broker: Type.Optional(
      Type.Object(
        {
          url: Type.Optional(
            Type.String({ pattern: '^(mqtts?|wss?)://[^\\s]+$', description: 'an address such as mqtts://host:8883' }),
          ),
          ca: Type.Optional(FileName),
          certificate: Type.Optional(FileName),
          key: Type.Optional(FileName),
        },
        { additionalProperties: false },
      ),
    ),
    media: Type.Optional(
      Type.Object(
        {
          listenHost: Type.Optional(Type.String({ minLength: 1, description: 'an address of this machine' })),
          listenPort: Type.Optional(Port),
          publicUrl: Type.Optional(HttpUrl),
        },
        { additionalProperties: false },
      ),
    ),
    timeZone: Type.Optional(Type.String({ maxLength: 64, description: 'an IANA time zone such as Asia/Ho_Chi_Minh' })),
    language: Type.Optional(Type.Union([Type.Literal('vi'), Type.Literal('en')], { description: 'vi or en' })),
    playoutExport: Type.Optional(
      Type.Object(
        {
          buyerId: Type.Optional(SpaceId),
          agencyId: Type.Optional(SpaceId),
          brandId: Type.Optional(SpaceId),
          frames: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  device: DeviceId,
                  output: Type.String({ minLength: 1 }),
                  frameId: Type.Integer({
                    minimum: 1_000_000_000,
                    maximum: 2_147_483_647,
                    description: 'ten digits, at most 2147483647',
                  }),
                },
                { additionalProperties: false },
              ),
            ),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)
export type HeadEndSettings = Static<typeof HeadEndSettings>

export const TIME_ZONE_DEFAULT = 'Asia/Ho_Chi_Minh'
export const MEDIA_PORT_DEFAULT = 8480

export type Home = {
  folder: string
  settings: HeadEndSettings
  databaseFile: string
  mediaFolder: string
  /** A name in the settings is relative to the folder of the settings. */
  file: (name: string) => string
}

/** Reads the settings of a folder; a folder without them is a head-end with nothing but its defaults. */
export const openHome = async (folder: string): Promise<Home> => {
  const file = join(folder, SETTINGS_FILE)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}'
    throw new ClearError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
  })
  const read = readDocument(HeadEndSettings, text)
  if (read.kind === 'faults') throw new ClearError(describeFaults(file, read.faults))
  return {
    folder: resolve(folder),
    settings: read.value,
    databaseFile: join(folder, 'head-end.sqlite'),
    mediaFolder: resolve(folder, 'media'),
    file: (name) => resolve(folder, name),
  }
}
