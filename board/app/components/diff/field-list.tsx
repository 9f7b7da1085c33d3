import type { FieldChangeView } from '../../../api/types/diff.ts';
import { ChangeSign } from './change-sign.tsx';
import { valueWords } from './value-words.ts';

/** Fields that differ, each with before and after. */
export function FieldList({ fields }: { readonly fields: readonly FieldChangeView[] }) {
  return (
    <ul class="diff-fields">
      {fields.map((field) => (
        <li key={`${field.kind} ${field.field}`}>
          <ChangeSign change={field.kind} />
          <div>
            <code class="diff-field">{field.field}</code>
            <FieldValues field={field} />
          </div>
        </li>
      ))}
    </ul>
  );
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

function FieldValues({ field: { kind, before, after } }: { readonly field: FieldChangeView }) {
  // A host whose member has nothing else to say: its name has said it.
  if (kind !== 'changed' && isEmpty(before ?? after)) return null;
  if (kind === 'moved')
    return (
      <p class="diff-values soft">
        from place {String(before)} to {String(after)}
      </p>
    );
  return (
    <p class="diff-values">
      {before !== undefined && (
        <del>
          <span class="unseen">was </span>
          {valueWords(before)}
        </del>
      )}
      {before !== undefined && after !== undefined && <span aria-hidden="true"> → </span>}
      {after !== undefined && (
        <ins>
          <span class="unseen">becomes </span>
          {valueWords(after)}
        </ins>
      )}
    </p>
  );
}
