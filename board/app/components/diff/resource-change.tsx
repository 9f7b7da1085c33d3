import type { ResourceChangeView } from '../../../api/types/diff.ts';
import { plural } from '../../format/numbers.ts';
import { JsonText } from '../json-text.tsx';
import { ChangeSign } from './change-sign.tsx';
import { FieldList } from './field-list.tsx';

/** One resource that differs. `many`: it is closed at first, as there are too many to read one below the other. */
export function ResourceChange({ resource, many }: { readonly resource: ResourceChangeView; readonly many: boolean }) {
  const { kind, name, change, at, fields, body } = resource;
  return (
    <li class="diff-resource">
      <details open={!many && change === 'changed'}>
        <summary>
          <ChangeSign change={change} />
          <span class="diff-kind">{kind}</span> <strong class="wrap-any">{name}</strong>
          <span class="diff-place">
            {at.file}:{at.line}
          </span>
          {change === 'changed' && <span class="soft small">{plural(fields.length, 'field')}</span>}
        </summary>
        {change === 'changed' ? (
          <FieldList fields={fields} />
        ) : (
          body && <JsonText value={body} label={`${kind} ${name}, the whole of it`} />
        )}
      </details>
    </li>
  );
}
