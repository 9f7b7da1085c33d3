const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

type Field = {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
  readonly base?: number;
};
const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: MONTHS, base: 1 },
  { name: 'day of week', from: 0, to: 7, names: DAYS, base: 0 },
];

/** What is wrong with five cron fields (`0 17 * * FRI`), or undefined. Lists, ranges, steps and English names are taken. */
export function cronProblem(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `five cron fields (minute hour day month weekday), not ${fields.length}`;
  for (const [index, field] of FIELDS.entries()) {
    const written = fields[index] ?? '';
    const wrong = written.split(',').find((part) => !isPart(part, field));
    if (wrong !== undefined)
      return `a cron ${field.name} from ${field.from} to ${field.to}, not ${JSON.stringify(wrong)}`;
  }
  return undefined;
}

function isPart(part: string, field: Field): boolean {
  const match = /^(?:(\*)|([A-Za-z]{3}|\d{1,2})(?:-([A-Za-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
  if (!match) return false;
  const [, star, low, high, step] = match;
  if (step !== undefined && Number(step) === 0) return false;
  if (star !== undefined) return true;
  const from = fieldValue(low ?? '', field);
  const to = high === undefined ? from : fieldValue(high, field);
  return from !== undefined && to !== undefined && from <= to;
}

function fieldValue(text: string, { from, to, names, base = 0 }: Field): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? named + base : Number(text);
  return Number.isInteger(value) && value >= from && value <= to ? value : undefined;
}
