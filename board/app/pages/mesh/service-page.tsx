import type { ServiceView } from '../../../api/types/service.ts';
import { useQuery } from '../../browser/use-query.ts';
import { useTitle } from '../../browser/use-title.ts';
import { Digest } from '../../components/digest.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { Panel } from '../../components/panel.tsx';
import { Shown, StaleParts } from '../../components/shown.tsx';
import { Table } from '../../components/table.tsx';
import { shownOf } from '../../live/answers.ts';
import { useAnswer } from '../../live/board-answers.ts';
import { readService, readStages } from '../../live/reads.ts';
import { EdgesTable } from './edges-table.tsx';
import { HostsTable } from './hosts-table.tsx';
import './mesh-page.css';
import { RampPanel } from './ramp-panel.tsx';
import { ReferencesPanel } from './references-panel.tsx';
import { StageSwitch } from './stage-switch.tsx';

/** One service of a stage: its hosts, who calls it, what names it, and who breaks without it. */
export function ServicePage({ params }: { readonly params: { readonly stage: string; readonly name: string } }) {
  const { stage, name } = params;
  const { query } = useQuery();
  const stages = shownOf(useAnswer(readStages))?.stages.map((one) => one.name as string) ?? [];
  const answered = useAnswer(readService(stage, name, query.minutes ?? '15'));
  useTitle(`${name}, ${stage}`);
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1} class="wrap-any">
          {name}
        </h1>
        <StageSwitch
          stages={stages}
          stage={stage}
          hrefOf={(other) => `/mesh/${encodeURIComponent(other)}/services/${encodeURIComponent(name)}`}
        />
        <a class="push" href={`/mesh/${encodeURIComponent(stage)}?focus=${encodeURIComponent(name)}`}>
          On the map
        </a>
      </header>
      <Shown answered={answered} what={`the service ${name}`}>
        {(service) => <Service service={service} />}
      </Shown>
    </>
  );
}

function Service({ service }: { readonly service: ServiceView }) {
  const { stage, digest, at, callers, calls, envoys, config } = service;
  return (
    <>
      <StaleParts stale={service.stale} />
      <p class="page-about small map-about wrap-any">
        as it is live in {stage} (<Digest value={digest} />
        ), written at {at.file}:{at.line}
      </p>
      <div class="service-columns">
        <div>
          <HostsTable service={service} />
          <Panel id="callers" title="Who calls it">
            <EdgesTable edges={callers} stage={stage} />
            <h3>What Envoys of its name call</h3>
            <EdgesTable edges={calls} stage={stage} />
          </Panel>
          <RampPanel service={service} />
        </div>
        <div>
          <ReferencesPanel service={service} />
          <Panel id="envoys" title="Envoys">
            <Table columns={['Version', { number: 'Connected' }, { number: 'ACKed' }]}>
              {envoys.map(({ version, connected, applied }) => (
                <tr key={version}>
                  <th scope="row">{version}</th>
                  <td class="number">{connected}</td>
                  <td class="number">{applied}</td>
                </tr>
              ))}
            </Table>
          </Panel>
          <Panel id="config" title="Config as rendered">
            {config.map(({ kind, name, body }) => (
              <Disclosure key={`${kind} ${name}`} title={`${kind} ${name}`} open={kind === 'cluster'}>
                <JsonText value={body} label={`${kind} ${name}`} />
              </Disclosure>
            ))}
          </Panel>
        </div>
      </div>
    </>
  );
}
