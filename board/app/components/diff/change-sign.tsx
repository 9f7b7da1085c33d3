const SIGNS = { added: '+', removed: '−', changed: '~', moved: '↕', reached: '·' } as const;
const TONES = { added: 'good', removed: 'bad', changed: 'busy', moved: 'quiet', reached: 'quiet' } as const;
export type ChangeKind = keyof typeof SIGNS;

/** `+`, with the word for those who hear it. */
export function ChangeSign({ change }: { readonly change: ChangeKind }) {
  return (
    <span class={`sign tone-${TONES[change]}`} title={change}>
      <span aria-hidden="true">{SIGNS[change]}</span>
      <span class="unseen">{change} </span>
    </span>
  );
}
