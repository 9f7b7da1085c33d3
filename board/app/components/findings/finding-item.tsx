import type { FindingView } from '../../../api/types/matrix.ts';
import { Badge } from '../badge.tsx';
import './findings.css';
import { SourceLines } from './source-lines.tsx';

/** Evidence: rule, place, what was seen, what was wanted. All of it is text from outside. */
export function FindingItem({ finding }: { readonly finding: FindingView }) {
  const { rule, severity, at, saw, want, resource, stage, envoy, via, excerpt } = finding;
  const scope = [stage, resource, envoy && envoy.length > 0 ? `Envoy ${envoy.join(', ')}` : undefined].filter(Boolean);
  return (
    <li class={`finding finding-${severity}`}>
      <p class="finding-head">
        <Badge tone={severity === 'error' ? 'bad' : 'warn'} icon={severity === 'error' ? 'cross' : 'alert'}>
          {severity}
        </Badge>
        <code class="finding-rule">{rule}</code>
        <span class="finding-place">
          {at.file}:{at.line}:{at.column}
        </span>
        {scope.length > 0 && <span class="soft">{scope.join(', ')}</span>}
      </p>
      <dl class="facts">
        <dt>saw</dt>
        <dd>{saw}</dd>
        <dt>want</dt>
        <dd>{want}</dd>
        {via?.map((place) => (
          <ViaPlace key={`${place.file}:${place.line}`} words={`${place.file}:${place.line}:${place.column}`} />
        ))}
      </dl>
      {excerpt && <SourceLines excerpt={excerpt} at={at} />}
    </li>
  );
}

function ViaPlace({ words }: { readonly words: string }) {
  return (
    <>
      <dt>used at</dt>
      <dd>{words}</dd>
    </>
  );
}
