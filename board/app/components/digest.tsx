/** A digest or revision, as long as people compare it; the whole one is in the title. */
export function Digest({ value, length = 12 }: { readonly value: string; readonly length?: number }) {
  return (
    <code class="digest" title={value}>
      {value.slice(0, length)}
    </code>
  );
}
