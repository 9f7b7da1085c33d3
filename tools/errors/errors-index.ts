import type { Entry, Rule } from './error-entries.ts';

const HEAD = `# Errors

<!-- Written by node tools/write-errors-index.ts from the rules and docs/errors/. Do not edit. -->

Every finding names its rule. \`error\` refuses a config; \`warning\` is shown and refuses nothing. Each entry says what it means, shows a message and says what
to do.
`;

/** \`docs/errors.md\`: every rule by area, each with the way to its entry. */
export function errorsIndex(rules: readonly Rule[], entries: readonly Entry[]): string {
  const areas = Map.groupBy(rules, ({ code, file }) => entries.find((entry) => entry.code === code)?.file ?? file);
  const sections = [...areas]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, all]) => {
      const area = /([^/]+)\.md$/.exec(file)?.[1];
      const rows = all
        .toSorted((a, b) => (a.code < b.code ? -1 : 1))
        .map(({ code, severity, summary }) => {
          const name = area ? `[\`${code}\`](errors/${area}.md#${code.toLowerCase()})` : `\`${code}\``;
          return `| ${name} | ${severity} | ${summary.replaceAll('|', '\\|')} |`;
        });
      return [`## ${area ?? file}`, '', '| rule | severity | what it means |', '| --- | --- | --- |', ...rows].join(
        '\n',
      );
    });
  return `${[HEAD, ...sections].join('\n\n').replaceAll('\n\n\n', '\n\n')}\n`;
}
