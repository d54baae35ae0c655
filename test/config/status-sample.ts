/** A status as the agent tells it: a bulletin on the horn, a picture on the board. */
import type { AgentStatus } from '../../config/status.ts'

export const statusSample = (): AgentStatus => ({
  version: 1,
  device: 'loa-02215-0007',
  area: 'vn/08/02215/thon-5',
  at: '2026-11-21T04:58:30.000Z',
  uptimeMs: 273_600_000,
  versions: { agent: '0.1.0', node: 'v20.20.2', protocol: 1 },
  clock: { trust: 'synced' },
  broker: { connected: true, protocolVersion: 5, detail: null, reconnects: 0 },
  outputs: [
    {
      id: 'horn',
      medium: 'sound',
      state: 'ready',
      engine: 'speaker 0.5.5',
      restarts: 0,
      fault: null,
      gainDb: -6,
      playing: { programmeId: 'ban-tin-sang', title: 'Bản tin sáng thôn 5', priority: 'scheduled', heardMs: 133_000 },
    },
    {
      id: 'board',
      medium: 'picture',
      state: 'ready',
      engine: 'mpv 0.35.1',
      restarts: 0,
      fault: null,
      gainDb: 0,
      playing: null,
    },
  ],
  next: { programmeId: 'thoi-su', title: 'Thời sự chiều', start: '2026-11-21T10:00:00.000Z' },
  schedules: [
    {
      issuer: 'xa-02215',
      target: 'area:vn/08/02215',
      scheduleId: 'tuan-47',
      revision: 12,
      state: 'current',
      reason: null,
    },
    {
      issuer: 'xa-02215',
      target: 'area:vn/08/02215',
      scheduleId: 'tuan-48',
      revision: 1,
      state: 'pending',
      reason: '2 of 9 files are not here yet',
    },
  ],
  cache: {
    readyFiles: 214,
    readyBytes: 1_310_000_000,
    wantedFiles: 2,
    partialBytes: 4_000_000,
    quotaBytes: 4_000_000_000,
  },
  outbox: { waiting: 0 },
  alarms: [],
})
