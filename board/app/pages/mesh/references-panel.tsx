import type { ServiceReference, ServiceView } from '../../../api/types/service.ts';
import { Badge } from '../../components/badge.tsx';
import { Panel } from '../../components/panel.tsx';
import { plural } from '../../format/numbers.ts';
import { MISSING_WORDS } from './dangling-table.tsx';

/** What names a service, what it names, and who breaks without it. */
export function ReferencesPanel({ service: { namedBy, names, breaks } }: { readonly service: ServiceView }) {
  return (
    <Panel id="references" title="Who breaks without it">
      {breaks.length === 0 ? (
        <p class="soft">Nobody: nothing that is live names it.</p>
      ) : (
        <p class="wrap-any">
          <strong>{plural(breaks.length, 'resource')}</strong>:{' '}
          {breaks.map(({ kind, name }) => `${kind} ${name}`).join(', ')}
        </p>
      )}
      <h3>Routes in, and whatever else names it</h3>
      <References references={namedBy} />
      <h3>What it names</h3>
      <References references={names} />
    </Panel>
  );
}

function References({ references }: { readonly references: readonly ServiceReference[] }) {
  if (references.length === 0) return <p class="small soft">None.</p>;
  return (
    <ul class="small">
      {references.map(({ kind, name, role, whenMissing, at, field, isMissing }) => (
        <li key={`${kind} ${name} ${field}`} class="wrap-any">
          {kind} <strong>{name}</strong>, <code>{field}</code>{' '}
          <span class="soft">
            ({role}; {at.file}:{at.line}); without it, {MISSING_WORDS[whenMissing]}
          </span>{' '}
          {isMissing && (
            <Badge tone="bad" icon="cross">
              not there
            </Badge>
          )}
        </li>
      ))}
    </ul>
  );
}
