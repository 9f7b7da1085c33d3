import type { ComponentChildren } from 'preact';
import type { Problem } from '../../api/types/problem.ts';
import { Icon } from './icon.tsx';
import './empty.css';

/** Something could not be read or done: in the words of the server, with what it wants instead. */
export function Trouble({ problem, children }: { readonly problem: Problem; readonly children?: ComponentChildren }) {
  return (
    <div class="trouble" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <strong>{problem.problem}</strong> {problem.rule !== '' && <code>{problem.rule}</code>}
        </p>
        {problem.want !== '' && <p>Wanted: {problem.want}</p>}
        {problem.findings?.map((finding, index) => (
          <p key={index}>
            <code>{finding.rule}</code> saw {finding.saw}; want {finding.want}
          </p>
        ))}
        {children}
      </div>
    </div>
  );
}
