import type { DiffView } from '../../../api/types/diff.ts';
import { Empty } from '../empty.tsx';
import './diff.css';
import { FieldList } from './field-list.tsx';
import { HostChanges } from './host-changes.tsx';
import { ImpactPanel } from './impact-panel.tsx';
import { ResourceChange } from './resource-change.tsx';

/** What differs to Envoy: resources, then fields; hosts with the panic arithmetic; and how far it reaches. */
export function DiffPanel({ diff }: { readonly diff: DiffView }) {
  const nothing = diff.resources.length + diff.bootstrap.length === 0;
  if (nothing) return <Empty icon="check" title="Nothing differs to Envoy." />;
  return (
    <>
      <p class="wrap-any">
        <strong>{diff.summary}</strong>
      </p>
      <div class="diff-columns">
        <div>
          <h3 class="unseen">Resources</h3>
          <ul class="diff-resources">
            {diff.resources.map((resource) => (
              <ResourceChange
                key={`${resource.kind} ${resource.name}`}
                resource={resource}
                many={diff.resources.length > 8}
              />
            ))}
          </ul>
          {diff.bootstrap.length > 0 && (
            <>
              <h3>Bootstrap</h3>
              <FieldList fields={diff.bootstrap} />
            </>
          )}
        </div>
        <div>
          <ImpactPanel graph={diff.graph} blastRadius={diff.blastRadius} />
          {diff.hosts.length > 0 && <HostChanges hosts={diff.hosts} />}
        </div>
      </div>
    </>
  );
}
