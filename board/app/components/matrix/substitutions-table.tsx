import type { Substitution } from '../../../../conformance/substitute/substitution.ts';
import { ScrollArea } from '../scroll-area.tsx';
import { Table } from '../table.tsx';

/** Everything that the cell ran differently from how it is written. */
export function SubstitutionsTable({ substitutions }: { readonly substitutions: readonly Substitution[] }) {
  if (substitutions.length === 0) return <p class="small soft">Nothing: it ran as it is written.</p>;
  return (
    <ScrollArea label="Substitutions">
      <Table columns={['What', 'Resource', 'Was', 'Became', 'At']}>
        {substitutions.map(({ what, resource, was, became, at }, index) => (
          <tr key={`${index} ${resource}`}>
            <td>{what}</td>
            <td class="wrap-any">{resource}</td>
            <td class="wrap-any">
              <code>{was}</code>
            </td>
            <td class="wrap-any">
              <code>{became}</code>
            </td>
            <td class="finding-place">
              {at.file}:{at.line}
            </td>
          </tr>
        ))}
      </Table>
    </ScrollArea>
  );
}
