const FREQUENCIES = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const WEEKDAY = /^(?:[-+]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:MO|TU|WE|TH|FR|SA|SU)$/;

type Part = { readonly want: string; readonly holds: (value: string) => boolean };
const numbers = (from: number, to: number, signed = false): Part => ({
  want: `numbers from ${from} to ${to}${signed ? ', or as many from the end with a minus' : ''}`,
  holds: (value) =>
    value.split(',').every((text) => {
      if (!/^[-+]?\d+$/.test(text)) return false;
      const number = Number(text);
      const size = signed ? Math.abs(number) : number;
      return size >= from && size <= to;
    }),
});

/** RFC 5545, section 3.3.10. */
const PARTS: Record<string, Part> = {
  FREQ: { want: `one of ${FREQUENCIES.join(', ')}`, holds: (value) => FREQUENCIES.includes(value) },
  INTERVAL: { want: 'a whole number above 0', holds: (value) => /^[1-9]\d{0,5}$/.test(value) },
  COUNT: { want: 'a whole number above 0', holds: (value) => /^[1-9]\d{0,8}$/.test(value) },
  UNTIL: {
    want: 'a date such as 20261224 or 20261224T170000Z',
    holds: (value) =>
      /^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ?)?$/.test(value),
  },
  BYDAY: { want: 'days such as MO,FR or -1FR', holds: (value) => value.split(',').every((day) => WEEKDAY.test(day)) },
  BYSECOND: numbers(0, 60),
  BYMINUTE: numbers(0, 59),
  BYHOUR: numbers(0, 23),
  BYMONTHDAY: numbers(1, 31, true),
  BYYEARDAY: numbers(1, 366, true),
  BYWEEKNO: numbers(1, 53, true),
  BYMONTH: numbers(1, 12),
  BYSETPOS: numbers(1, 366, true),
  WKST: { want: 'a day such as MO', holds: (value) => /^(?:MO|TU|WE|TH|FR|SA|SU)$/.test(value) },
};

/** What is wrong with an iCalendar recurrence (`FREQ=WEEKLY;BYDAY=FR;BYHOUR=17`), or undefined. */
export function recurrenceProblem(text: string): string | undefined {
  const seen = new Set<string>();
  for (const part of text.split(';')) {
    const [name = '', value, more] = part.split('=');
    const known = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (!known || value === undefined || more !== undefined) {
      return `an iCalendar recurrence of NAME=VALUE parts (${Object.keys(PARTS).join(', ')}), not ${JSON.stringify(part.slice(0, 40))}`;
    }
    if (seen.has(name)) return `${name} once`;
    seen.add(name);
    if (!known.holds(value)) return `${name} with ${known.want}`;
  }
  if (!seen.has('FREQ')) return 'FREQ in an iCalendar recurrence';
  return seen.has('COUNT') && seen.has('UNTIL') ? 'COUNT or UNTIL, not both' : undefined;
}
