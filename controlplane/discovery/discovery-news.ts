import type { Finding } from '../../render/finding.ts';
import { NOT_YET } from './discovery-findings.ts';

export type News = { readonly severity: 'info' | 'warn'; readonly line: string };

/**
 * What a person should read when the findings of a cluster are others than before: each new one once, and which rules hold again. That a
 * source has not answered yet is how every start begins, and no news.
 */
export function discoveryNews(before: readonly Finding[], now: readonly Finding[]): News[] {
  const isNews = ({ saw }: Finding): boolean => !saw.endsWith(NOT_YET);
  const known = new Set(before.map(keyOf));
  const found = now.filter((finding) => isNews(finding) && !known.has(keyOf(finding)));
  const left = new Set(now.map(({ rule }) => rule));
  const over = new Set(before.filter(isNews).flatMap(({ rule }) => (left.has(rule) ? [] : [rule])));
  return [
    ...found.map(({ rule, saw, want }) => ({ severity: 'warn' as const, line: `${rule}: saw ${saw}; want ${want}` })),
    ...[...over].map((rule) => ({ severity: 'info' as const, line: `${rule} is over` })),
  ];
}

const keyOf = ({ rule, saw }: Finding): string => `${rule}\0${saw}`;
