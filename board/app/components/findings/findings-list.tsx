import { useState } from 'preact/hooks';
import type { FindingView } from '../../../api/types/matrix.ts';
import { FindingItem } from './finding-item.tsx';

/** More at once are too long to read; the rest is a press away. */
const FIRST = 5;

/** Findings, errors before warnings. */
export function FindingsList({ findings }: { readonly findings: readonly FindingView[] }) {
  const [all, setAll] = useState(false);
  const sorted = findings.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  const shown = all ? sorted : sorted.slice(0, FIRST);
  return (
    <>
      <ul class="findings">
        {shown.map((finding, index) => (
          <FindingItem key={`${index} ${finding.rule}`} finding={finding} />
        ))}
      </ul>
      {sorted.length > FIRST && (
        <button type="button" class="button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Only the first ${FIRST}` : `All ${sorted.length} findings`}
        </button>
      )}
    </>
  );
}
