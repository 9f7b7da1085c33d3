export type GridPlace = { readonly row: number; readonly column: number };

/** Where a key leads in a grid (https://www.w3.org/WAI/ARIA/apg/patterns/grid/); undefined: it is no key of grids, or leads nowhere. */
export function gridMove(
  key: string,
  { row, column }: GridPlace,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): GridPlace | undefined {
  const to = ((): GridPlace | undefined => {
    switch (key) {
      case 'ArrowRight':
        return { row, column: column + 1 };
      case 'ArrowLeft':
        return { row, column: column - 1 };
      case 'ArrowDown':
        return { row: row + 1, column };
      case 'ArrowUp':
        return { row: row - 1, column };
      case 'Home':
        return { row, column: 0 };
      case 'End':
        return { row, column: columns - 1 };
      default:
        return undefined;
    }
  })();
  const isThere = to && to.row >= 0 && to.row < rows && to.column >= 0 && to.column < columns;
  return isThere ? to : undefined;
}
