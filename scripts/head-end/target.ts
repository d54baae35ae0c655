/** Targets as people write them, and as the store keeps them: `area:…`, `group:NAME/AREA`, `device:…`. */
import { Target } from '../../agent/protocol/fields.ts'
import { parser } from '../../agent/protocol/validate.ts'

const parse = parser(Target)

/** Null where it is none. A group without an area is that of `homeArea`. */
export const targetOf = (text: string, homeArea?: string): Target | null => {
  const [kind = '', ...rest] = text.split(':')
  const name = rest.join(':')
  const slash = name.indexOf('/')
  const group =
    slash < 0 ? { group: name, within: homeArea } : { group: name.slice(0, slash), within: name.slice(slash + 1) }
  const parsed = parse(kind === 'group' ? group : { [kind]: name })
  return parsed.kind === 'ok' ? parsed.value : null
}
