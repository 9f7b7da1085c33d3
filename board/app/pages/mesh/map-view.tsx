import type { MeshMapView } from '../../../api/types/mesh-map.ts';
import { useQuery } from '../../browser/use-query.ts';
import { Empty } from '../../components/empty.tsx';
import { StaleParts } from '../../components/shown.tsx';
import { countWords, plural } from '../../format/numbers.ts';
import { DanglingTable } from './dangling-table.tsx';
import { EdgesTable } from './edges-table.tsx';
import { mapOrList } from './map-or-list.ts';
import { around, failing, found, type MapPart, mostPressing, neighbourhood } from './map-part.ts';
import { ServiceMap } from './service-map.tsx';
import { ServicesTable } from './services-table.tsx';

/** The map or the list of a stage, the whole or the part that was asked for, and what is named and not there. */
export function MapView({ map }: { readonly map: MeshMapView }) {
  const { query, change } = useQuery();
  const { services, edges, dangling, stage } = map;
  const focus = services.some(({ name }) => name === query.focus) ? query.focus : undefined;
  const view = mapOrList(query.view);
  const steps = query.steps === '2' ? 2 : 1;
  const search = query.q ?? '';
  const matches = found(services, search);
  const part =
    focus !== undefined
      ? neighbourhood(map, focus, steps)
      : withFound(
          query.show === 'all' ? { services, edges } : query.show === 'failing' ? failing(map) : mostPressing(map),
          map,
          search === '' ? [] : matches,
        );
  if (services.length === 0)
    return <Empty icon="question" title={`Nothing is live in ${stage}, and no access log has come from it.`} />;
  return (
    <>
      <StaleParts stale={map.stale} />
      {dangling.length > 0 && <DanglingTable dangling={dangling} />}
      <p class="map-about small soft" role="status">
        {focus !== undefined ? (
          <>
            <strong>{focus}</strong>: {plural(part.services.length - 1, 'service')} around it.
          </>
        ) : (
          <>
            {part.services.length < services.length
              ? `${countWords(part.services.length)} of ${plural(services.length, 'service')}: ${query.show === 'failing' ? 'where requests fail.' : 'where requests fail, and where most go.'}`
              : `${plural(services.length, 'service')}, ${plural(edges.length, 'connection')}.`}
            {search !== '' && ` ${countWords(matches.length)} match.`}
          </>
        )}
      </p>
      {focus !== undefined && (
        <p class="map-focus">
          <a
            class="button button-main"
            href={`/mesh/${encodeURIComponent(stage)}/services/${encodeURIComponent(focus)}`}
          >
            Page of {focus}
          </a>
          <button type="button" class="button" onClick={() => change({ steps: steps === 2 ? undefined : '2' })}>
            {steps === 2 ? 'One step' : 'Two steps'}
          </button>
          <button type="button" class="button" onClick={() => change({ focus: undefined, steps: undefined }, true)}>
            Whole mesh
          </button>
        </p>
      )}
      {view === 'list' ? (
        focus !== undefined ? (
          <EdgesTable edges={part.edges} stage={stage} />
        ) : (
          <ServicesTable services={matches} edges={edges} stage={stage} />
        )
      ) : part.services.length === 0 || (search !== '' && matches.length === 0) ? (
        <Empty
          icon={search === '' ? 'check' : 'search'}
          title={search === '' ? 'No requests fail, as far as is known.' : 'No service is named so.'}
        >
          <a href={`/mesh/${encodeURIComponent(stage)}`}>Show the most pressing</a>
        </Empty>
      ) : (
        <ServiceMap
          part={part}
          focus={focus}
          matches={search === '' ? undefined : new Set(matches.map(({ name }) => name))}
          hrefOf={(name) => `/mesh/${encodeURIComponent(stage)}?focus=${encodeURIComponent(name)}`}
          onFocus={(name) => change({ focus: name }, true)}
        />
      )}
    </>
  );
}

/** What is shown; where a search finds something beyond it, that instead, with what is next to it. */
function withFound(shown: MapPart, whole: MapPart, matches: MapPart['services']): MapPart {
  const there = new Set(shown.services.map(({ name }) => name));
  return matches.every(({ name }) => there.has(name)) ? shown : around(whole, new Set(matches.map(({ name }) => name)));
}
