import { nearestNames } from '../../../render/nearest-names.ts';
import type { Answer } from '../answer.ts';
import { shown } from '../answers.ts';
import { ALIASES, HELP, usageOf, WORDS } from '../words.ts';

export function help(word: string | undefined): Answer {
  if (word === undefined) {
    const rows = WORDS.map((one) => [usageOf(one), HELP[one].does]);
    return shown('what can be asked for; the same in Slack (/mesh …) and on the command line (mesh …)', [
      { kind: 'table', rows: [['words', 'what they do'], ...rows] },
    ]);
  }
  const lower = word.toLowerCase();
  const found = WORDS.find((one) => one === lower) ?? ALIASES[lower];
  if (!found) {
    const near = nearestNames(lower, WORDS);
    const lines = [near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${WORDS.join(', ')}`];
    return shown(`"${word.slice(0, 40)}" is no command`, [{ kind: 'lines', lines }]);
  }
  const lines = [HELP[found].does, `for example: ${HELP[found].example}`];
  return shown(usageOf(found), [{ kind: 'lines', lines }]);
}
