/** What of a drawing is seen: `scale` pixels for each of its units, its left upper corner at (x, y). */
export type ViewBox = { readonly x: number; readonly y: number; readonly scale: number };
export type Size = { readonly width: number; readonly height: number };

const CLOSEST = 3;
const FARTHEST = 0.04;
const MARGIN = 12;
/** Drawings smaller than the window are not blown up. */
const MOST_FIT = 1.15;

/** The whole drawing in the middle. */
export function fitted(drawing: Size, window: Size): ViewBox {
  const scale = Math.max(
    FARTHEST,
    Math.min(MOST_FIT, (window.width - 2 * MARGIN) / drawing.width, (window.height - 2 * MARGIN) / drawing.height),
  );
  return {
    x: drawing.width / 2 - window.width / scale / 2,
    y: drawing.height / 2 - window.height / scale / 2,
    scale,
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
