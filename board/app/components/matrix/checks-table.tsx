import type { CheckView } from '../../../api/types/matrix.ts';
import { durationWords } from '../../format/times.ts';
import { FindingsList } from '../findings/findings-list.tsx';
import { LookBadge } from '../look-badge.tsx';
import { ScrollArea } from '../scroll-area.tsx';
import { CHECK_LOOKS } from '../state-look.ts';
import { Table } from '../table.tsx';

const ORDER = { fail: 0, skip: 1, pass: 2 } as const;

/** What was asked of the running cell; what failed first. */
export function ChecksTable({ checks }: { readonly checks: readonly CheckView[] }) {
  const sorted = checks.toSorted((a, b) => ORDER[a.outcome] - ORDER[b.outcome]);
  return (
    <ScrollArea label="Checks">
      <Table columns={['Outcome', 'Check', 'At', { number: 'Took' }]}>
        {sorted.map((check, index) => (
          <CheckRow key={`${index} ${check.name}`} check={check} />
        ))}
      </Table>
    </ScrollArea>
  );
}

function CheckRow({ check }: { readonly check: CheckView }) {
  const { name, origin, at, outcome, reason, evidence, findings, durationMs } = check;
  return (
    <tr>
      <td>
        <LookBadge look={CHECK_LOOKS[outcome]} />
      </td>
      <td class="wrap-any">
        <p>
          {name} {origin === 'declared' && <span class="soft">(declared)</span>}
        </p>
        {reason !== undefined && <p class="soft">{reason}</p>}
        {evidence !== undefined && <p class="soft">{evidence}</p>}
        {findings.length > 0 && <FindingsList findings={findings} />}
      </td>
      <td class="finding-place">
        {at.file}:{at.line}
      </td>
      <td class="number">{durationWords(durationMs)}</td>
    </tr>
  );
}
