import { isJsonObject, type JsonValue } from '../json.ts';
import { type Resource, resourceLabel } from '../resource.ts';
import { canonicalJson } from '../snapshot.ts';
import { formatLocation, type SourceLocation } from '../source-location.ts';
import type { FieldChange } from './field-change.ts';
import { isEmptyDiff, type SnapshotDiff } from './snapshot-diff.ts';

const COLOURS = { added: 32, removed: 31, changed: 33, moved: 36 } as const;
const SIGNS = { added: '+', removed: '-', changed: '~', moved: '↕' } as const;
const LONGEST_VALUE = 120;

export type DiffTextOptions = {
  /** ANSI colours; default false. */
  readonly colour?: boolean;
};

/** The diff as people read it: one line per resource, field, host or filter that differs, each with its place. */
export function renderDiff(diff: SnapshotDiff, options: DiffTextOptions = {}): string {
  const paint = (kind: keyof typeof COLOURS, text: string): string =>
    options.colour === true ? `\u001b[${COLOURS[kind]}m${text}\u001b[0m` : text;
  if (isEmptyDiff(diff)) return 'no change\n';
  const lines: string[] = [];
  const whole = (kind: 'added' | 'removed', resource: Resource): void => {
    lines.push(paint(kind, `${SIGNS[kind]} ${resourceLabel(resource)}  (${formatLocation(resource.at)})`));
  };
  for (const resource of diff.removed) whole('removed', resource);
  for (const resource of diff.added) whole('added', resource);
  for (const { after, fields } of diff.changed) {
    lines.push(paint('changed', `~ ${resourceLabel(after)}`));
    for (const field of fields) lines.push(`    ${paint(field.kind, fieldLine(field))}`);
  }
  if (diff.bootstrap.length > 0) lines.push(paint('changed', '~ bootstrap'));
  for (const field of diff.bootstrap) lines.push(`    ${paint(field.kind, fieldLine(field))}`);
  if (diff.generators.length > 0) lines.push(paint('changed', '~ generators'));
  for (const field of diff.generators) lines.push(`    ${paint(field.kind, fieldLine(field))}`);
  return `${lines.join('\n')}\n`;
}

function fieldLine(change: FieldChange): string {
  const { kind, before, after, beforeAt, afterAt } = change;
  const sign = SIGNS[kind];
  const name = humanName(change.field);
  const place = placeText(beforeAt, afterAt);
  switch (kind) {
    case 'moved':
      return `${sign} ${name} moved from ${before} to ${after}${place}`;
    case 'changed':
      return `${sign} ${name}: ${brief(before)} → ${brief(after)}${place}`;
    case 'added':
      return `${sign} ${name}${tail(change.field, after)}${place}`;
    case 'removed':
      return `${sign} ${name}${tail(change.field, before)}${place}`;
    default:
      return kind satisfies never;
  }
}

/** `…endpoints[a, priority 0].lb_endpoints[10.0.0.1:80]` → `host 10.0.0.1:80 (a, priority 0)` */
function humanName(field: string): string {
  const host = /endpoints\[([^\]]*)\]\.lb_endpoints\[(.*?)\](\..*)?$/.exec(field);
  return host ? `host ${host[2]} (${host[1]})${host[3] ?? ''}` : field;
}

/** A list member is told by its name alone, a plain value or option by its value. */
function tail(field: string, value: JsonValue | undefined): string {
  if (value === undefined || (field.endsWith(']') && (isJsonObject(value) || typeof value === 'string'))) return '';
  return `: ${brief(value)}`;
}

function brief(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : canonicalJson(value ?? null);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

function placeText(before: SourceLocation | undefined, after: SourceLocation | undefined): string {
  if (!after) return before ? `  (was ${formatLocation(before)})` : '';
  return `  (${formatLocation(after)})`;
}
