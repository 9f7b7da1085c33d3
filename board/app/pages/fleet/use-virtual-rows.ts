import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

export type VirtualRow = { readonly index: number; readonly start: number };

/** The rows of a long list that are in sight, and some above and below; `height` is that of all of them. */
export function useVirtualRows(
  place: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): { readonly rows: readonly VirtualRow[]; readonly height: number } {
  const [, render] = useReducer((renders: number, _: undefined) => renders + 1, 0);
  const options = {
    count,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => render(undefined),
  };
  const [virtual] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtual.setOptions(options);
  useLayoutEffect(() => virtual._didMount(), [virtual]);
  useLayoutEffect(() => virtual._willUpdate());
  return { rows: virtual.getVirtualItems(), height: virtual.getTotalSize() };
}
