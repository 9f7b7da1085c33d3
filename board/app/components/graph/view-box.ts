/** What of a drawing is seen: `scale` pixels for each of its units, its left upper corner at (x, y). */
export type ViewBox = { readonly x: number; readonly y: number; readonly scale: number };
/** A part of a drawing, in its units. */
export type Box = Size & { readonly x: number; readonly y: number };
export type Size = { readonly width: number; readonly height: number };

const CLOSEST = 3;
const FARTHEST = 0.04;
const MARGIN = 12;
/** Drawings smaller than the window are not blown up. */
const MOST_FIT = 1.15;

/** The whole drawing in the middle. */
export const fitted = (drawing: Size, window: Size): ViewBox => fittedTo({ ...drawing, x: 0, y: 0 }, window);

/** A part of a drawing in the middle, as large as it can be. */
export function fittedTo(box: Box, window: Size): ViewBox {
  const scale = Math.max(
    FARTHEST,
    Math.min(MOST_FIT, (window.width - 2 * MARGIN) / box.width, (window.height - 2 * MARGIN) / box.height),
  );
  return {
    x: box.x + box.width / 2 - window.width / scale / 2,
    y: box.y + box.height / 2 - window.height / scale / 2,
    scale,
  };
}

/** Moved as little as it takes for a box to be seen with some room around it; one larger than the window begins where it begins. */
export function movedTo(view: ViewBox, box: Box, window: Size): ViewBox {
  const room = 2 * MARGIN;
  const along = (at: number, from: number, size: number, seen: number): number => {
    const [first, last] = [from * view.scale - room, (from + size) * view.scale + room];
    const now = at * view.scale;
    if (first < now || last - first > seen) return first / view.scale;
    return last > now + seen ? (last - seen) / view.scale : at;
  };
  return {
    ...view,
    x: along(view.x, box.x, box.width, window.width),
    y: along(view.y, box.y, box.height, window.height),
  };
}

/** Nearer (`factor` above 1) or farther; what is under `at`, in pixels of the window, stays there. */
export function zoomed(view: ViewBox, factor: number, at: { readonly x: number; readonly y: number }): ViewBox {
  const scale = Math.min(CLOSEST, Math.max(FARTHEST, view.scale * factor));
  return { x: view.x + at.x / view.scale - at.x / scale, y: view.y + at.y / view.scale - at.y / scale, scale };
}

/** Moved by so many pixels of the window. */
export const panned = (view: ViewBox, dx: number, dy: number): ViewBox => ({
  ...view,
  x: view.x - dx / view.scale,
  y: view.y - dy / view.scale,
});
