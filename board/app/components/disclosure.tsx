import type { ComponentChildren } from 'preact';
import './disclosure.css';

/** What not everybody wants to see at once. */
export function Disclosure(props: {
  readonly title: ComponentChildren;
  readonly open?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <details class="disclosure" open={props.open}>
      <summary>{props.title}</summary>
      <div class="disclosure-body">{props.children}</div>
    </details>
  );
}
