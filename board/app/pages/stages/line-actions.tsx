import { ActionButtons } from '../../actions/action-buttons.tsx';
import { RESUME, STOP } from '../../actions/line-offers.ts';
import { useMay } from '../../actions/use-may.ts';

/** What the person of this page may do with all stages at once. */
export function LineActions({ stopped }: { readonly stopped: boolean }) {
  const may = useMay();
  if (!may) return null;
  const offers = [stopped ? RESUME : STOP].filter(({ kind }) => may.has(kind));
  return (
    <div class="push">
      <ActionButtons offers={offers} may={may} />
    </div>
  );
}
