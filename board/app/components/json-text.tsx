import './json-text.css';

/** A part of a config, as text and nothing else. */
export function JsonText({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls
    <section class="json-text" tabIndex={0} aria-label={label}>
      <pre>{JSON.stringify(value, undefined, 2)}</pre>
    </section>
  );
}
