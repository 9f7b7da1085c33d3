import { useEffect, useState } from 'preact/hooks';
import type { LaidOut } from './graph-layout.ts';
import type { LayoutAsked } from './layout-worker.ts';

/**
 * The layout of a graph, worked out beside the page. Undefined until there is one; a new one replaces the old when it is ready.
 * `shape`: what it depends on: the same shape is laid out once.
 */
export function useLayout(
  shape: string,
  graph: () => LayoutAsked,
): { readonly shape: string; readonly laidOut: LaidOut } | undefined {
  const [done, setDone] = useState<{ shape: string; laidOut: LaidOut }>();
  useEffect(() => {
    const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<LaidOut>) => {
      setDone({ shape, laidOut: data });
      worker.terminate();
    });
    worker.postMessage(graph());
    return () => worker.terminate();
  }, [shape]);
  return done;
}
