import type { ComponentChildren } from 'preact';

/** A part of a page under a heading of its own, which its address can name. */
export function Panel(props: {
  /** Of the address: `#matrix`. */
  readonly id: string;
  readonly title: string;
  /** Beside the heading. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="panel" id={props.id} aria-labelledby={`${props.id}-head`}>
      <header class="panel-head">
        <h2 id={`${props.id}-head`}>{props.title}</h2>
        {props.aside}
      </header>
      <div class="panel-body">{props.children}</div>
    </section>
  );
}
