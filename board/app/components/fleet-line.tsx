import type { FleetCounts } from '../../api/types/stages.ts';
import { countWords, plural } from '../format/numbers.ts';
import { Disclosure } from './disclosure.tsx';
import { FindingsList } from './findings/findings-list.tsx';
import { Icon } from './icon.tsx';
import { ShareBar } from './share-bar.tsx';

/** How many Envoys of a stage run what they are to run: `118/120 ACKed`. */
export function FleetLine({ stage, fleet }: { readonly stage: string; readonly fleet: FleetCounts }) {
  const { connected, applied, pending, refused, gone, controlPlanes, troubles } = fleet;
  const problems = controlPlanes.filter(({ problem }) => problem !== undefined);
  return (
    <div>
      <h3>Fleet</h3>
      <p class="row">
        <a href={`/fleet?stage=${encodeURIComponent(stage)}`}>
          <strong>
            {countWords(applied)}/{countWords(connected)} ACKed
          </strong>
        </a>
        <span class="soft small">
          {[
            pending > 0 ? `${countWords(pending)} pending` : '',
            gone > 0 ? `${countWords(gone)} gone` : '',
            plural(controlPlanes.length, 'control plane'),
          ]
            .filter((words) => words !== '')
            .join(', ')}
        </span>
      </p>
      {connected > 0 && (
        <ShareBar
          parts={[
            { tone: 'good', count: applied },
            { tone: 'busy', count: pending },
            { tone: 'bad', count: refused },
          ]}
        />
      )}
      {refused > 0 && (
        <p class="small tone-bad">
          <a class="tone-bad" href={`/fleet?stage=${encodeURIComponent(stage)}&state=refused`}>
            {plural(refused, 'Envoy')} NACKed
          </a>
        </p>
      )}
      {problems.map(({ id, problem }) => (
        <p key={id} class="small wrap-any">
          <span class="tone-warn">
            <Icon name="alert" />
          </span>{' '}
          {id}: {problem}
        </p>
      ))}
      {troubles && (
        <Disclosure
          title={
            <span class="small">
              <span class="tone-warn">
                <Icon name="alert" />
              </span>{' '}
              {plural(troubles.findings.length + troubles.more, 'finding')} of control planes
            </span>
          }
        >
          <FindingsList findings={troubles.findings} />
          {troubles.more > 0 && (
            <p class="soft small">and {troubles.more} more: mesh fleet hosts, mesh fleet ramp, mesh fleet generators</p>
          )}
        </Disclosure>
      )}
    </div>
  );
}
