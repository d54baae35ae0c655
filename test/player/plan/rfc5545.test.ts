/** Every example of RFC 5545 §3.8.5.3, with the starts that it lists; those that go on forever as far as it lists them. */
import t from 'tap'
import { compileRecurrence } from '../../../player/plan/calendar.ts'
import { wallMs } from '../../../player/plan/time.ts'

const NEW_YORK = 'America/New_York'

/** `1997-09-02 09:00 EDT`. */
const shown = (at: number): string => {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: NEW_YORK,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).formatToParts(at)
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')} ${of('timeZoneName')}`
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `1997-09 2-4,9 EDT` as single starts at nine, or at the times after an @. */
const written = (text: string): string[] =>
  text.split('; ').flatMap((group) => {
    const [month, days = '', zone, times = '@09:00'] = group.split(' ')
    return days.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((day) =>
        times
          .slice(1)
          .split(',')
          .map((time) => `${month}-${two(day)} ${time} ${zone}`),
      )
    })
  })

type Example = { claim: string; start?: string; rules: string[]; except?: string[]; starts: string; forever?: boolean }

const EXAMPLES: Example[] = [
  { claim: 'daily for 10 occurrences', rules: ['FREQ=DAILY;COUNT=10'], starts: '1997-09 2-11 EDT' },
  {
    claim: 'daily until December 24, 1997',
    rules: ['FREQ=DAILY;UNTIL=19971224T000000Z'],
    starts: '1997-09 2-30 EDT; 1997-10 1-25 EDT; 1997-10 26-31 EST; 1997-11 1-30 EST; 1997-12 1-23 EST',
  },
  {
    claim: 'every other day, forever',
    rules: ['FREQ=DAILY;INTERVAL=2'],
    starts:
      '1997-09 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 EDT; 1997-10 2,4,6,8,10,12,14,16,18,20,22,24 EDT; 1997-10 26,28,30 EST; 1997-11 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29 EST; 1997-12 1,3 EST',
    forever: true,
  },
  {
    claim: 'every 10 days, 5 occurrences',
    rules: ['FREQ=DAILY;INTERVAL=10;COUNT=5'],
    starts: '1997-09 2,12,22 EDT; 1997-10 2,12 EDT',
  },
  {
    claim: 'every day in January, for 3 years',
    start: '1998-01-01T09:00:00',
    rules: [
      'FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA',
      'FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1',
    ],
    starts: '1998-01 1-31 EST; 1999-01 1-31 EST; 2000-01 1-31 EST',
  },
  {
    claim: 'weekly for 10 occurrences',
    rules: ['FREQ=WEEKLY;COUNT=10'],
    starts: '1997-09 2,9,16,23,30 EDT; 1997-10 7,14,21 EDT; 1997-10 28 EST; 1997-11 4 EST',
  },
  {
    claim: 'weekly until December 24, 1997',
    rules: ['FREQ=WEEKLY;UNTIL=19971224T000000Z'],
    starts:
      '1997-09 2,9,16,23,30 EDT; 1997-10 7,14,21 EDT; 1997-10 28 EST; 1997-11 4,11,18,25 EST; 1997-12 2,9,16,23 EST',
  },
  {
    claim: 'every other week, forever',
    rules: ['FREQ=WEEKLY;INTERVAL=2;WKST=SU'],
    starts:
      '1997-09 2,16,30 EDT; 1997-10 14 EDT; 1997-10 28 EST; 1997-11 11,25 EST; 1997-12 9,23 EST; 1998-01 6,20 EST; 1998-02 3,17 EST',
    forever: true,
  },
  {
    claim: 'weekly on Tuesday and Thursday for five weeks',
    rules: ['FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH', 'FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH'],
    starts: '1997-09 2,4,9,11,16,18,23,25,30 EDT; 1997-10 2 EDT',
  },
  {
    claim: 'every other week on Monday, Wednesday and Friday until December 24, 1997',
    start: '1997-09-01T09:00:00',
    rules: ['FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR'],
    starts:
      '1997-09 1,3,5,15,17,19,29 EDT; 1997-10 1,3,13,15,17 EDT; 1997-10 27,29,31 EST; 1997-11 10,12,14,24,26,28 EST; 1997-12 8,10,12,22 EST',
  },
  {
    claim: 'every other week on Tuesday and Thursday, for 8 occurrences',
    rules: ['FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH'],
    starts: '1997-09 2,4,16,18,30 EDT; 1997-10 2,14,16 EDT',
  },
  {
    claim: 'monthly on the first Friday for 10 occurrences',
    start: '1997-09-05T09:00:00',
    rules: ['FREQ=MONTHLY;COUNT=10;BYDAY=1FR'],
    starts:
      '1997-09 5 EDT; 1997-10 3 EDT; 1997-11 7 EST; 1997-12 5 EST; 1998-01 2 EST; 1998-02 6 EST; 1998-03 6 EST; 1998-04 3 EST; 1998-05 1 EDT; 1998-06 5 EDT',
  },
  {
    claim: 'monthly on the first Friday until December 24, 1997',
    start: '1997-09-05T09:00:00',
    rules: ['FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR'],
    starts: '1997-09 5 EDT; 1997-10 3 EDT; 1997-11 7 EST; 1997-12 5 EST',
  },
  {
    claim: 'every other month on the first and last Sunday of the month for 10 occurrences',
    start: '1997-09-07T09:00:00',
    rules: ['FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU'],
    starts: '1997-09 7,28 EDT; 1997-11 2,30 EST; 1998-01 4,25 EST; 1998-03 1,29 EST; 1998-05 3,31 EDT',
  },
  {
    claim: 'monthly on the second-to-last Monday of the month for 6 months',
    start: '1997-09-22T09:00:00',
    rules: ['FREQ=MONTHLY;COUNT=6;BYDAY=-2MO'],
    starts: '1997-09 22 EDT; 1997-10 20 EDT; 1997-11 17 EST; 1997-12 22 EST; 1998-01 19 EST; 1998-02 16 EST',
  },
  {
    claim: 'monthly on the third-to-the-last day of the month, forever',
    start: '1997-09-28T09:00:00',
    rules: ['FREQ=MONTHLY;BYMONTHDAY=-3'],
    starts: '1997-09 28 EDT; 1997-10 29 EST; 1997-11 28 EST; 1997-12 29 EST; 1998-01 29 EST; 1998-02 26 EST',
    forever: true,
  },
  {
    claim: 'monthly on the 2nd and 15th of the month for 10 occurrences',
    rules: ['FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15'],
    starts: '1997-09 2,15 EDT; 1997-10 2,15 EDT; 1997-11 2,15 EST; 1997-12 2,15 EST; 1998-01 2,15 EST',
  },
  {
    claim: 'monthly on the first and last day of the month for 10 occurrences',
    start: '1997-09-30T09:00:00',
    rules: ['FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1'],
    starts:
      '1997-09 30 EDT; 1997-10 1 EDT; 1997-10 31 EST; 1997-11 1,30 EST; 1997-12 1,31 EST; 1998-01 1,31 EST; 1998-02 1 EST',
  },
  {
    claim: 'every 18 months on the 10th thru 15th of the month for 10 occurrences',
    start: '1997-09-10T09:00:00',
    rules: ['FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15'],
    starts: '1997-09 10-15 EDT; 1999-03 10-13 EST',
  },
  {
    claim: 'every Tuesday, every other month',
    rules: ['FREQ=MONTHLY;INTERVAL=2;BYDAY=TU'],
    starts: '1997-09 2,9,16,23,30 EDT; 1997-11 4,11,18,25 EST; 1998-01 6,13,20,27 EST; 1998-03 3,10,17,24,31 EST',
    forever: true,
  },
  {
    claim: 'yearly in June and July for 10 occurrences',
    start: '1997-06-10T09:00:00',
    rules: ['FREQ=YEARLY;COUNT=10;BYMONTH=6,7'],
    starts:
      '1997-06 10 EDT; 1997-07 10 EDT; 1998-06 10 EDT; 1998-07 10 EDT; 1999-06 10 EDT; 1999-07 10 EDT; 2000-06 10 EDT; 2000-07 10 EDT; 2001-06 10 EDT; 2001-07 10 EDT',
  },
  {
    claim: 'every other year in January, February and March for 10 occurrences',
    start: '1997-03-10T09:00:00',
    rules: ['FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3'],
    starts:
      '1997-03 10 EST; 1999-01 10 EST; 1999-02 10 EST; 1999-03 10 EST; 2001-01 10 EST; 2001-02 10 EST; 2001-03 10 EST; 2003-01 10 EST; 2003-02 10 EST; 2003-03 10 EST',
  },
  {
    claim: 'every third year on the 1st, 100th and 200th day for 10 occurrences',
    start: '1997-01-01T09:00:00',
    rules: ['FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200'],
    starts:
      '1997-01 1 EST; 1997-04 10 EDT; 1997-07 19 EDT; 2000-01 1 EST; 2000-04 9 EDT; 2000-07 18 EDT; 2003-01 1 EST; 2003-04 10 EDT; 2003-07 19 EDT; 2006-01 1 EST',
  },
  {
    claim: 'every 20th Monday of the year, forever',
    start: '1997-05-19T09:00:00',
    rules: ['FREQ=YEARLY;BYDAY=20MO'],
    starts: '1997-05 19 EDT; 1998-05 18 EDT; 1999-05 17 EDT',
    forever: true,
  },
  {
    claim: 'Monday of week number 20, forever',
    start: '1997-05-12T09:00:00',
    rules: ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO'],
    starts: '1997-05 12 EDT; 1998-05 11 EDT; 1999-05 17 EDT',
    forever: true,
  },
  {
    claim: 'every Thursday in March, forever',
    start: '1997-03-13T09:00:00',
    rules: ['FREQ=YEARLY;BYMONTH=3;BYDAY=TH'],
    starts: '1997-03 13,20,27 EST; 1998-03 5,12,19,26 EST; 1999-03 4,11,18,25 EST',
    forever: true,
  },
  {
    claim: 'every Thursday, but only during June, July and August, forever',
    start: '1997-06-05T09:00:00',
    rules: ['FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8'],
    starts:
      '1997-06 5,12,19,26 EDT; 1997-07 3,10,17,24,31 EDT; 1997-08 7,14,21,28 EDT; 1998-06 4,11,18,25 EDT; 1998-07 2,9,16,23,30 EDT; 1998-08 6,13,20,27 EDT; 1999-06 3,10,17,24 EDT; 1999-07 1,8,15,22,29 EDT; 1999-08 5,12,19,26 EDT',
    forever: true,
  },
  {
    claim: 'every Friday the 13th, forever',
    rules: ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13'],
    except: ['1997-09-02T09:00:00'],
    starts: '1998-02 13 EST; 1998-03 13 EST; 1998-11 13 EST; 1999-08 13 EDT; 2000-10 13 EDT',
    forever: true,
  },
  {
    claim: 'the first Saturday that follows the first Sunday of the month, forever',
    start: '1997-09-13T09:00:00',
    rules: ['FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13'],
    starts:
      '1997-09 13 EDT; 1997-10 11 EDT; 1997-11 8 EST; 1997-12 13 EST; 1998-01 10 EST; 1998-02 7 EST; 1998-03 7 EST; 1998-04 11 EDT; 1998-05 9 EDT; 1998-06 13 EDT',
    forever: true,
  },
  {
    claim: 'every 4 years, the first Tuesday after a Monday in November, forever',
    start: '1996-11-05T09:00:00',
    rules: ['FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8'],
    starts: '1996-11 5 EST; 2000-11 7 EST; 2004-11 2 EST',
    forever: true,
  },
  {
    claim: 'the third instance into the month of one of Tuesday, Wednesday or Thursday, for 3 months',
    start: '1997-09-04T09:00:00',
    rules: ['FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3'],
    starts: '1997-09 4 EDT; 1997-10 7 EDT; 1997-11 6 EST',
  },
  {
    claim: 'the second-to-last weekday of the month',
    start: '1997-09-29T09:00:00',
    rules: ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2'],
    starts:
      '1997-09 29 EDT; 1997-10 30 EST; 1997-11 27 EST; 1997-12 30 EST; 1998-01 29 EST; 1998-02 26 EST; 1998-03 30 EST',
    forever: true,
  },
  {
    claim: 'every 3 hours from 9:00 AM to 5:00 PM, with the UNTIL of erratum 3883, which is 5:00 PM in New York',
    rules: ['FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z'],
    starts: '1997-09 2 EDT @09:00,12:00,15:00',
  },
  {
    claim: 'the same with the UNTIL as printed, which is 1:00 PM in New York',
    rules: ['FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z'],
    starts: '1997-09 2 EDT @09:00,12:00',
  },
  {
    claim: 'every 15 minutes for 6 occurrences',
    rules: ['FREQ=MINUTELY;INTERVAL=15;COUNT=6'],
    starts: '1997-09 2 EDT @09:00,09:15,09:30,09:45,10:00,10:15',
  },
  {
    claim: 'every hour and a half for 4 occurrences',
    rules: ['FREQ=MINUTELY;INTERVAL=90;COUNT=4'],
    starts: '1997-09 2 EDT @09:00,10:30,12:00,13:30',
  },
  {
    claim: 'every 20 minutes from 9:00 AM to 4:40 PM every day',
    rules: [
      'FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40',
      'FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16',
    ],
    starts: `1997-09 2,3 EDT @${[9, 10, 11, 12, 13, 14, 15, 16].flatMap((hour) => [0, 20, 40].map((minute) => `${two(hour)}:${two(minute)}`)).join(',')}`,
    forever: true,
  },
  {
    claim: 'the days generated makes a difference because of the first day of the week: Monday',
    start: '1997-08-05T09:00:00',
    rules: ['FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO'],
    starts: '1997-08 5,10,19,24 EDT',
  },
  {
    claim: 'the days generated makes a difference because of the first day of the week: Sunday',
    start: '1997-08-05T09:00:00',
    rules: ['FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU'],
    starts: '1997-08 5,17,19,31 EDT',
  },
  {
    claim: 'an invalid date, 30 February, is ignored',
    start: '2007-01-15T09:00:00',
    rules: ['FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5'],
    starts: '2007-01 15,30 EST; 2007-02 15 EST; 2007-03 15,30 EDT',
  },
]

for (const { claim, start = '1997-09-02T09:00:00', rules, except, starts, forever } of EXAMPLES)
  t.test(claim, async (t) => {
    const expected = written(starts)
    for (const rule of rules) {
      const recurrence = { start, timeZone: NEW_YORK, rule, ...(except && { exceptStarts: except }) }
      const compiled = compileRecurrence(recurrence)
      if (compiled.kind === 'wrong') throw new Error(compiled.detail)
      const found = compiled.starts(wallMs(Date.UTC(1996, 0, 1)), wallMs(Date.UTC(2010, 0, 1))).map(shown)
      t.same(forever === true ? found.slice(0, expected.length) : found, expected, rule)
      t.ok(forever !== true || found.length > expected.length, 'and it goes on')
    }
  })
