import { Badge } from './badge.tsx';
import type { Look } from './state-look.ts';

export function LookBadge({ look }: { readonly look: Look }) {
  return (
    <Badge tone={look.tone} icon={look.icon} turning={look.turning ?? false}>
      {look.word}
    </Badge>
  );
}
