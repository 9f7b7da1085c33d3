import type { Part } from './options.ts';

const begin = (part: Part): string => `<!-- xds ${part}:begin -->`;
const end = (part: Part): string => `<!-- xds ${part}:end -->`;

/** The page with `report` in the place of what that part had there. Throws where the page has no place for it. */
export function recorded(page: string, part: Part, report: string): string {
  const [from, to] = [page.indexOf(begin(part)), page.indexOf(end(part))];
  if (from < 0 || to < from) throw new Error(`the page has no ${begin(part)} with ${end(part)} after it`);
  return `${page.slice(0, from)}${begin(part)}\n\n${report.trim()}\n\n${page.slice(to)}`;
}
