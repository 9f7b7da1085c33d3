import type { SourceLocation } from '../../../../render/source-location.ts';
import type { SourceExcerpt } from '../../../api/types/matrix.ts';
import { ScrollArea } from '../scroll-area.tsx';

/** The lines of a config that a finding is about, with their numbers, and the line itself marked. */
export function SourceLines({ excerpt, at }: { readonly excerpt: SourceExcerpt; readonly at: SourceLocation }) {
  return (
    <ScrollArea class="source" label={`Lines of ${excerpt.file}`}>
      <ol class="source-lines">
        {excerpt.lines.map((line, index) => {
          const number = excerpt.firstLine + index;
          return (
            <li key={number} class={number === at.line ? 'source-line source-hit' : 'source-line'}>
              <span class="source-number">
                {number === at.line && <span class="unseen">here: </span>}
                {number}
              </span>
              <code>{line === '' ? ' ' : line}</code>
            </li>
          );
        })}
      </ol>
    </ScrollArea>
  );
}
