import { signal } from '@preact/signals';

const said = signal('');

/**
 * Tells those who hear the page: where they have come to, what was done. Never what goes on by itself, or it would not stop talking.
 */
export function announce(words: string): void {
  said.value = words;
}

export function Announcer() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
