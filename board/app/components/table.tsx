import type { ComponentChildren } from 'preact';

/** A column by its heading; `number`: of figures, which stand under one another. */
type Column = string | { readonly number: string };

/** A table of the board; its children are the rows. What may be wider than its place stands in a `ScrollArea`. */
export function Table(props: {
  readonly columns: readonly Column[];
  /** For those who do not see it. */
  readonly caption?: string;
  /** Its headings are for those who do not see them: it goes on from a table above. */
  readonly goesOn?: boolean;
  readonly children: ComponentChildren;
}) {
  const { columns, caption, goesOn = false, children } = props;
  return (
    <table class="table">
      {caption !== undefined && <caption class="unseen">{caption}</caption>}
      <thead class={goesOn ? 'unseen' : undefined}>
        <tr>
          {columns.map((column) => {
            const isNumber = typeof column !== 'string';
            const name = isNumber ? column.number : column;
            return (
              <th key={name} scope="col" class={isNumber ? 'number' : undefined}>
                {name}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
