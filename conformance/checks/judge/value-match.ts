import type { ValueMatch } from '../check.ts';

/** A regular expression matches the whole value; `.` matches line breaks too, as bodies have them. */
export function matchesValue(match: ValueMatch, value: string | undefined): boolean {
  switch (match.kind) {
    case 'absent':
      return value === undefined;
    case 'present':
      return value !== undefined;
    case 'exact':
      return value === match.value;
    case 'contains':
      return value?.includes(match.text) ?? false;
    case 'regex':
      return value !== undefined && new RegExp(`^(?:${match.pattern})$`, 'su').test(value);
    default:
      return match satisfies never;
  }
}

export function describeMatch(match: ValueMatch): string {
  switch (match.kind) {
    case 'absent':
      return 'to be absent';
    case 'present':
      return 'to be present';
    case 'exact':
      return JSON.stringify(match.value);
    case 'contains':
      return `to contain ${JSON.stringify(match.text)}`;
    case 'regex':
      return `to match ${match.pattern}`;
    default:
      return match satisfies never;
  }
}

export const describeValue = (value: string | undefined): string =>
  value === undefined ? 'absent' : JSON.stringify(value.length > 160 ? `${value.slice(0, 160)}…` : value);
