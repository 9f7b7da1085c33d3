import { useComputed } from '@preact/signals';
import { agoWords, stampWords } from '../format/times.ts';
import { nowEpochMs } from '../live/clock.ts';

/** `4 min ago`, with the full time for whoever hovers or copies. Only the words change as time goes by. */
export function Ago({ at }: { readonly at: number }) {
  const words = useComputed(() => agoWords(at, nowEpochMs.value));
  return (
    <time dateTime={new Date(at).toISOString()} title={stampWords(at)}>
      {words}
    </time>
  );
}
