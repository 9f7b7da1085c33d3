/** Shares of a whole as widths. The numbers stand beside it in words, so it is hidden from screen readers. */
export function ShareBar({ parts }: { readonly parts: readonly { readonly tone: string; readonly count: number }[] }) {
  const all = parts.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="bar" aria-hidden="true">
      {parts
        .filter(({ count }) => count > 0)
        .map(({ tone, count }) => (
          <i key={tone} class={`bar-${tone}`} style={{ width: `max(3px, ${(100 * count) / all}%)` }} />
        ))}
    </div>
  );
}
