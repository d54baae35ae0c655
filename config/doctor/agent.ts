/** Whether the agent is there, and what it complains of. */
import { askAgent } from '../ask.ts'
import { localMinute, plain } from '../page.ts'
import { CONTROL_SOCKET, type Settings } from '../settings.ts'
import { soundFindings } from '../sound-health.ts'
import type { Box } from './box.ts'
import type { Finding } from './findings.ts'

export const checkAgent = async (box: Box, settings: Settings | null): Promise<Finding[]> => {
  const socket = settings?.control.socket ?? CONTROL_SOCKET
  const answer = await askAgent(socket)
  switch (answer.kind) {
    case 'absent':
      return [{ code: 'agent-absent', facts: { socket } }]
    case 'forbidden':
      return [{ code: 'agent-forbidden', facts: { socket, user: box.user } }]
    case 'silent':
      return [{ code: 'agent-silent', facts: { socket } }]
    case 'malformed':
      return [{ code: 'agent-malformed', facts: { detail: plain(answer.detail) } }]
    case 'ok': {
      const { versions, uptimeMs, alarms } = answer.status
      const agent = plain(versions.agent)
      const command = box.commandVersion
      return [
        { code: 'agent-running', facts: { version: agent, uptimeMs } },
        ...(agent === command ? [] : [{ code: 'agent-other-version' as const, facts: { agent, command } }]),
        ...alarms.map(({ code, subject, detail, since }) => ({
          code: 'agent-alarm' as const,
          facts: { code: plain(code), subject: plain(subject), detail: plain(detail), since: localMinute(since) },
        })),
        ...soundFindings(answer.status),
      ]
    }
  }
}
