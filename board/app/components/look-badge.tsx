import type { Look } from '../format/state-look.ts';
import { Badge } from './badge.tsx';

export function LookBadge({ look }: { readonly look: Look }) {
  return (
    <Badge tone={look.tone} icon={look.icon} turning={look.turning ?? false}>
      {look.word}
    </Badge>
  );
}
