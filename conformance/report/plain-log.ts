import type { MatrixEvent, ProgressView } from './progress.ts';
import { durationText, harmless, VERDICT_SIGNS } from './words.ts';

/** One line for each thing that matters, for logs of CI and wherever there is no terminal. `write` gets whole lines. */
export function plainLog(write: (text: string) => void): ProgressView {
  let total = 0;
  let done = 0;
  const line = (event: MatrixEvent): string | undefined => {
    switch (event.kind) {
      case 'matrix-started':
        total = event.cells.length;
        done = 0;
        return `${total} cells: ${event.cells.map(({ id }) => id).join(' ')}`;
      case 'note':
        return event.message;
      case 'cell-started':
        return `${event.id} started${event.launcher ? ` (${event.launcher})` : ''}`;
      case 'step-started':
        return undefined;
      case 'cell-rerun':
        return `${event.id} runs a second time: ${event.why}`;
      case 'cell-ended': {
        done += 1;
        const time = event.cached ? 'from the verdict cache' : durationText(event.durationMs);
        return `[${done}/${total}] ${VERDICT_SIGNS[event.verdict]} ${event.id} ${event.verdict} (${time})`;
      }
      default:
        return event satisfies never;
    }
  };
  return {
    on: (event) => {
      const text = line(event);
      if (text !== undefined) write(`${harmless(text).replaceAll('\n', ' ')}\n`);
    },
    close: () => undefined,
  };
}
