import { ActionButton } from '../../actions/action-button.tsx';
import type { ActionOffer } from '../../actions/action-dialog.tsx';
import { useMay } from '../../actions/use-may.ts';

const STOP: ActionOffer = {
  verb: 'Stop all',
  weight: 'grave',
  reason: 'wanted',
  title: 'Stop the pushes of all stages?',
  does: 'Nothing is pushed into any stage until somebody resumes. Rollbacks still are.',
  bound: [],
  command: (reason) => ({ kind: 'stop', reason }),
};
const RESUME: ActionOffer = {
  verb: 'Resume all',
  weight: 'main',
  reason: 'wanted',
  title: 'Let all stages move again?',
  does: 'Promotions go on where they were stopped.',
  bound: [],
  command: (reason) => ({ kind: 'resume', reason }),
};

export function LineActions({ stopped }: { readonly stopped: boolean }) {
  const may = useMay();
  if (!may?.kinds.includes(stopped ? 'resume' : 'stop')) return null;
  return (
    <div class="push">
      <ActionButton key={String(stopped)} offer={stopped ? RESUME : STOP} csrf={may.csrf} />
    </div>
  );
}
