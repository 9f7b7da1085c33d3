import { panned, type Size, type ViewBox, zoomed } from './view-box.ts';

/** So far a pointer may stray while something is pressed: beyond, the drawing is dragged. In pixels. */
const STRAY_PX = 4;
/** One notch of a wheel is 100 to 120: about a quarter nearer. */
const WHEEL_RATE = 0.002;
const MOST_AT_ONCE = 120;
/** What browsers call a line of a wheel that counts in lines. */
const LINE_PX = 40;

type Spot = { readonly x: number; readonly y: number };

/** What a wheel makes of a scale; how far it was turned counts, so that a touchpad is smooth. */
export function wheelFactor({ deltaY, deltaMode }: { readonly deltaY: number; readonly deltaMode: number }): number {
  const pixels = deltaMode === 0 ? deltaY : deltaY * LINE_PX;
  return Math.exp(-Math.max(-MOST_AT_ONCE, Math.min(MOST_AT_ONCE, pixels)) * WHEEL_RATE);
}

/** One pointer drags, two bring nearer and move what is between them; spots are pixels of the window. */
export class Gestures {
  readonly #spots = new Map<number, Spot>();
  #dragging = false;
  #strayed: Size = { width: 0, height: 0 };

  down(id: number, spot: Spot): void {
    if (this.#spots.size === 0) [this.#dragging, this.#strayed] = [false, { width: 0, height: 0 }];
    this.#spots.set(id, spot);
    if (this.#spots.size > 1) this.#dragging = true;
  }

  up(id: number): void {
    this.#spots.delete(id);
  }

  /** How the view changes; undefined: it does not. */
  move(id: number, spot: Spot): ((view: ViewBox) => ViewBox) | undefined {
    const last = this.#spots.get(id);
    if (!last) return undefined;
    const other = [...this.#spots].find(([known]) => known !== id)?.[1];
    this.#spots.set(id, spot);
    const [dx, dy] = [spot.x - last.x, spot.y - last.y];
    if (other) {
      const [before, after] = [
        Math.hypot(last.x - other.x, last.y - other.y),
        Math.hypot(spot.x - other.x, spot.y - other.y),
      ];
      const middle = { x: (spot.x + other.x) / 2, y: (spot.y + other.y) / 2 };
      return (view) => zoomed(panned(view, dx / 2, dy / 2), before === 0 ? 1 : after / before, middle);
    }
    if (!this.#dragging) {
      this.#strayed = { width: this.#strayed.width + dx, height: this.#strayed.height + dy };
      if (Math.hypot(this.#strayed.width, this.#strayed.height) <= STRAY_PX) return undefined;
      this.#dragging = true;
      const { width, height } = this.#strayed;
      return (view) => panned(view, width, height);
    }
    return (view) => panned(view, dx, dy);
  }

  /** Something is being dragged: what is let go is no press. */
  get isDragging(): boolean {
    return this.#dragging;
  }
}
