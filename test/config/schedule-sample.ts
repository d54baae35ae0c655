/** Answers as the agent gives them: a morning with an interruption, and what won at half past five. */
import type { ScheduleAnswer, WhyAnswer } from '../../config/schedule.ts'

const told = {
  version: 1 as const,
  device: 'loa-02215-0007',
  timeZone: 'Asia/Ho_Chi_Minh',
  now: '2026-11-21T05:12:00.000+07:00',
  clockTrusted: true,
  isRecalling: false,
}

const bulletin = {
  occurrenceId: 'xa-02215:tuan-47:ban-tin-sang@20261120T220000Z',
  programmeId: 'ban-tin-sang',
  title: 'Bản tin sáng của Uỷ ban nhân dân xã Mường Lay',
  issuer: 'ubnd-02215',
  area: 'vn/08/02215',
  priority: 'normal',
  trigger: 'schedule',
}
const relay = {
  occurrenceId: 'xa-02215:tuan-47:vov1@20261120T223000Z',
  programmeId: 'vov1',
  title: 'Thời sự VOV1',
  issuer: 'so-ttdl-dien-bien',
  area: 'vn/08',
  priority: 'priority',
  trigger: 'schedule',
}

const at = (time: string): string => `2026-11-21T${time}:00.000+07:00`

export const scheduleSample = (): ScheduleAnswer => ({
  ...told,
  from: at('05:12'),
  until: '2026-11-22T00:00:00.000+07:00',
  outputs: [
    { id: 'horn', medium: 'sound' },
    { id: 'board', medium: 'picture' },
  ],
  airings: [
    { ...bulletin, output: 'horn', from: at('05:12'), until: at('05:30') },
    { ...relay, output: 'horn', from: at('05:30'), until: at('06:00') },
    { ...bulletin, output: 'horn', from: at('06:00'), until: at('06:10') },
  ],
  omitted: 0,
})

export const whySample = (): WhyAnswer => ({
  ...told,
  at: at('05:30'),
  known: ['horn', 'board'],
  outputs: [
    {
      id: 'horn',
      medium: 'sound',
      winner: { ...relay, start: at('05:30'), effectiveStart: at('05:30'), endsAt: at('06:00') },
      isSilent: false,
      losers: [
        {
          ...bulletin,
          start: at('05:00'),
          effectiveStart: at('05:02'),
          endsAt: at('05:42'),
          reason: 'lower-priority',
        },
      ],
    },
    { id: 'board', medium: 'picture', winner: null, isSilent: false, losers: [] },
  ],
})
