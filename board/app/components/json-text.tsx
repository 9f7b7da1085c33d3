import './json-text.css';
import { ScrollArea } from './scroll-area.tsx';

/** A part of a config, as text and nothing else. */
export function JsonText({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <ScrollArea class="json-text" label={label}>
      <pre>{JSON.stringify(value, undefined, 2)}</pre>
    </ScrollArea>
  );
}
