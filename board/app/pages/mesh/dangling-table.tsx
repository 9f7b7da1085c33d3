import type { DanglingReference } from '../../../api/types/mesh-map.ts';
import { Disclosure } from '../../components/disclosure.tsx';
import { Icon } from '../../components/icon.tsx';
import { Table } from '../../components/table.tsx';
import { plural } from '../../format/numbers.ts';

export const MISSING_WORDS: Readonly<Record<DanglingReference['whenMissing'], string>> = {
  refused: 'Envoy rejects it',
  waits: 'Envoy waits for it, then goes on without',
  'fails-requests': 'requests that way fail',
};

/** What is named and is not there. */
export function DanglingTable({ dangling }: { readonly dangling: readonly DanglingReference[] }) {
  return (
    <section class="panel dangling" aria-label="Dangling references">
      <div class="panel-body">
        <Disclosure
          open={dangling.length <= 3}
          title={
            <span class="tone-warn">
              <Icon name="alert" /> {plural(dangling.length, 'dangling reference')}
            </span>
          }
        >
          <div class="scroll-x">
            <Table columns={['Named by', 'Is not there', 'What comes of it', 'At']}>
              {dangling.map(({ from, to, role, whenMissing, at }) => (
                <tr key={`${from.kind} ${from.name} ${to.kind} ${to.name} ${role}`}>
                  <td class="wrap-any">
                    {from.kind} {from.name} <span class="soft">({role})</span>
                  </td>
                  <td class="wrap-any">
                    {to.kind} <strong>{to.name}</strong>
                  </td>
                  <td>{MISSING_WORDS[whenMissing]}</td>
                  <td class="finding-place">
                    {at.file}:{at.line}
                  </td>
                </tr>
              ))}
            </Table>
          </div>
        </Disclosure>
      </div>
    </section>
  );
}
