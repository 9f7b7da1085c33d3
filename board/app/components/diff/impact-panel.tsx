import type { DiffView, ImpactGraph } from '../../../api/types/diff.ts';
import { Disclosure } from '../disclosure.tsx';
import { ChangeSign } from './change-sign.tsx';
import { ImpactDrawing } from './impact-drawing.tsx';

/** How far a change reaches, drawn and as a list. */
export function ImpactPanel(props: { readonly graph: ImpactGraph; readonly blastRadius: DiffView['blastRadius'] }) {
  const { graph, blastRadius } = props;
  return (
    <div class="impact">
      <h3>Blast radius</h3>
      <p class="small wrap-any">{blastRadius.line}</p>
      {graph.nodes.length > 1 && <ImpactDrawing graph={graph} />}
      {graph.leftOut > 0 && <p class="small soft">{graph.leftOut} more are not drawn.</p>}
      <Disclosure title={`As a list (${graph.nodes.length})`}>
        <ul class="small impact-list">
          {graph.nodes.map(({ id, kind, name, change }) => {
            const used = graph.edges.filter(({ from }) => from === id).map(({ to }) => to);
            return (
              <li key={id}>
                <ChangeSign change={change} /> {kind} <strong>{name}</strong>
                {used.length > 0 && <span class="soft"> uses {used.join(', ')}</span>}
              </li>
            );
          })}
        </ul>
      </Disclosure>
    </div>
  );
}
