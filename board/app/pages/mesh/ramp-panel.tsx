import type { ServiceView } from '../../../api/types/service.ts';
import { Ago } from '../../components/ago.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { LookBadge } from '../../components/look-badge.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import type { Look } from '../../components/state-look.ts';
import { plural } from '../../format/numbers.ts';

const RAMP_LOOKS: Readonly<Record<'there' | 'moving' | 'waiting', Look>> = {
  there: { tone: 'good', icon: 'check', word: 'all that is wanted is served' },
  moving: { tone: 'busy', icon: 'spin', word: 'hosts are coming or going', turning: true },
  waiting: { tone: 'warn', icon: 'clock', word: 'waiting' },
};

/** Where the hosts of a service are found, and how far new ones have come. Nothing, where they stand in the config. */
export function RampPanel({ service: { ramps, discovery } }: { readonly service: ServiceView }) {
  if (ramps.length + discovery.length === 0) return null;
  return (
    <Panel id="ramp" title="Discovery and ramp">
      {ramps.map(({ controlPlane, ramp }) => (
        <div key={controlPlane}>
          <p class="row">
            <span>
              <strong>{controlPlane}</strong> <LookBadge look={RAMP_LOOKS[ramp.stage]} />
            </span>
            <span class="soft small">
              {plural(ramp.wanted, 'host')} wanted, threshold {ramp.thresholdPercent} %
            </span>
          </p>
          <ul class="small">
            {ramp.waiting.map(({ kind, text }) => (
              <li key={`${kind} ${text}`} class="wrap-any">
                {text}
              </li>
            ))}
          </ul>
          <Disclosure title={`Log (${ramp.log.length})`}>
            <ScrollArea class="ramp-log" label={`Ramp of ${controlPlane}`}>
              <ol class="small">
                {ramp.log.toReversed().map(({ atMs, kind, hosts, text }) => (
                  <li key={`${atMs} ${kind} ${hosts.join()}`} class="wrap-any">
                    <Ago at={atMs} />: <strong>{kind}</strong> {hosts.join(', ')} <span class="soft">{text}</span>
                  </li>
                ))}
              </ol>
            </ScrollArea>
          </Disclosure>
        </div>
      ))}
      {discovery.map(({ controlPlane, report }) => (
        <ul key={controlPlane} class="small">
          {report.sources.map(({ name, state, hosts, failing }) => (
            <li key={name} class="wrap-any">
              {name}: {plural(hosts, 'host')}, {state}
              {failing && (
                <>
                  , fails since <Ago at={failing.sinceEpochMs} />: {failing.problem}
                </>
              )}
            </li>
          ))}
        </ul>
      ))}
    </Panel>
  );
}
