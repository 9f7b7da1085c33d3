import type { ComponentChildren } from 'preact';

/** Something larger than its place: the keyboard reaches it and scrolls it. No landmark, of which a page would have too many. */
export function ScrollArea(props: {
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}) {
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: a fieldset is of a form
    // biome-ignore-start lint/a11y/noNoninteractiveTabindex: it scrolls
    <div class={props.class ?? 'scroll-x'} role="group" tabIndex={0} aria-label={props.label}>
      {props.children}
    </div>
    // biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above
    // biome-ignore-end lint/a11y/useSemanticElements: as above
  );
}
