import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../icon.tsx';
import { Gestures, wheelFactor } from './gestures.ts';
import './pan-zoom.css';
import { type Box, fitted, fittedTo, movedTo, panned, type Size, type ViewBox, zoomed } from './view-box.ts';

const STEP = 1.3;
const PAN_PX = 60;
/** Below this scale names cannot be read, and are not drawn. */
const READABLE = 0.45;
/** After so long at rest it is drawn anew, sharp; while it moves, what was drawn is moved. */
const REST_MS = 150;
/** What is shown whole keeps clear of the buttons, in pixels. */
const FOOT_PX = 44;

/**
 * A window on a drawing. Dragging or arrow keys move it; wheel, two fingers, + and − or the buttons bring it nearer. The wheel alone does
 * so once the drawing was clicked: a page that scrolls is not to be caught by it.
 */
export function PanZoom(props: {
  readonly drawing: Size;
  readonly label: string;
  /** What is to be looked at; another one moves the window. Default: the whole. */
  readonly target?: Box | undefined;
  /** The `data-node` that is pointed at, or that the keyboard is on; undefined: none any more. */
  readonly onNear?: (node: string | undefined) => void;
  readonly children: ComponentChildren;
}) {
  const { drawing, label, target, onNear, children } = props;
  const place = useRef<HTMLElement>(null);
  const gestures = useRef(new Gestures());
  const [view, setView] = useState<ViewBox>({ x: 0, y: 0, scale: 1 });
  const [moves, setMoves] = useState(0);
  const size = (): Size => ({ width: place.current?.clientWidth ?? 1, height: place.current?.clientHeight ?? 1 });
  const spotOf = ({ clientX, clientY }: MouseEvent): { x: number; y: number } => {
    const box = place.current?.getBoundingClientRect();
    return { x: clientX - (box?.left ?? 0), y: clientY - (box?.top ?? 0) };
  };
  const change = (how: (now: ViewBox) => ViewBox): void => {
    setView(how);
    setMoves((count) => count + 1);
  };
  const clear = (): Size => ({ ...size(), height: Math.max(1, size().height - FOOT_PX) });
  const fit = (): void => setView(fitted(drawing, clear()));
  const nearer = (factor: number): void =>
    change((now) => zoomed(now, factor, { x: size().width / 2, y: size().height / 2 }));
  useLayoutEffect(
    () => setView(target ? fittedTo(target, clear()) : fitted(drawing, clear())),
    [drawing.width, drawing.height, target?.x, target?.y, target?.width, target?.height],
  );
  useEffect(() => {
    if (moves === 0) return;
    const rest = setTimeout(() => setMoves(0), REST_MS);
    return () => clearTimeout(rest);
  }, [moves]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const pan = (dx: number, dy: number) => () => change((now) => panned(now, dx, dy));
    const moves: Readonly<Record<string, () => void>> = {
      '+': () => nearer(STEP),
      '=': () => nearer(STEP),
      '-': () => nearer(1 / STEP),
      '0': fit,
      Escape: () => (document.activeElement as HTMLElement | null)?.blur(),
    };
    const pans: Readonly<Record<string, () => void>> = {
      ArrowLeft: pan(PAN_PX, 0),
      ArrowRight: pan(-PAN_PX, 0),
      ArrowUp: pan(0, PAN_PX),
      ArrowDown: pan(0, -PAN_PX),
    };
    // On a node, arrows lead to other nodes; a button is pressed.
    const move = moves[event.key] ?? (event.target === event.currentTarget ? pans[event.key] : undefined);
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };
  const onWheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !place.current?.contains(document.activeElement)) return;
    event.preventDefault();
    const at = spotOf(event);
    change((now) => zoomed(now, wheelFactor(event), at));
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest('button')) return;
    gestures.current.down(event.pointerId, spotOf(event));
  };
  const onPointerMove = (event: PointerEvent): void => {
    const how = gestures.current.move(event.pointerId, spotOf(event));
    if (!how) return;
    // From here on it is a drag: what is let go over a node does not press it.
    place.current?.setPointerCapture(event.pointerId);
    change(how);
  };
  const onPointerEnd = (event: PointerEvent): void => gestures.current.up(event.pointerId);
  const onClick = (event: MouseEvent): void => {
    // A key presses, too, without a pointer: its clicks count none.
    if (gestures.current.isDragging && event.detail > 0) event.preventDefault();
  };
  /** Where the keyboard comes to, there the window goes. */
  const onFocusIn = (event: FocusEvent): void => {
    onNear?.(nodeOf(event));
    const node = (event.target as Element).closest<SVGGraphicsElement>('[data-node]');
    const section = place.current;
    if (!node?.matches(':focus-visible') || !section) return;
    const [box, outer] = [node.getBoundingClientRect(), section.getBoundingClientRect()];
    setView((now) => {
      const [x, y] = [now.x + (box.left - outer.left) / now.scale, now.y + (box.top - outer.top) / now.scale];
      return movedTo(now, { x, y, width: box.width / now.scale, height: box.height / now.scale }, size());
    });
  };

  const { x, y, scale } = view;
  // While it moves it is not styled anew, which takes longer than a frame for a large drawing.
  const restingScale = useRef(scale);
  if (moves === 0) restingScale.current = scale;
  const isFar = restingScale.current < READABLE;
  return (
    // biome-ignore-start lint/a11y/noNoninteractiveTabindex: arrow keys move what it shows
    // biome-ignore-start lint/a11y/noNoninteractiveElementInteractions: as above
    <section
      ref={place}
      class={isFar ? 'pan-zoom pan-zoom-far' : 'pan-zoom'}
      tabIndex={0}
      aria-label={`${label}. Arrow keys move it, plus and minus bring it nearer, 0 shows all.`}
      onKeyDown={onKeyDown}
      onWheel={onWheel}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onClickCapture={onClick}
      onFocusIn={onFocusIn}
      onFocusOut={() => onNear?.(undefined)}
      onPointerOver={(event) => onNear?.(nodeOf(event))}
      onPointerLeave={() => onNear?.(undefined)}
      onDragStart={(event) => event.preventDefault()}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a group of an SVG */}
      <svg
        role="group"
        aria-label={label}
        width={drawing.width}
        height={drawing.height}
        style={{
          transform: `translate(${-x * scale}px, ${-y * scale}px) scale(${scale})`,
          willChange: moves > 0 ? 'transform' : 'auto',
          // Lines of a far drawing are as thick as those of a near one.
          '--one': isFar ? String(1 / restingScale.current) : '1',
        }}
      >
        {children}
      </svg>
      <p class="pan-zoom-hint" aria-hidden="true">
        Drag to move; click, then the wheel zooms
      </p>
      <div class="pan-zoom-buttons">
        <ZoomButton name="plus" words="Nearer" onPress={() => nearer(STEP)} />
        <ZoomButton name="dash" words="Farther" onPress={() => nearer(1 / STEP)} />
        <button type="button" class="button" onClick={fit}>
          Show all
        </button>
      </div>
    </section>
    // biome-ignore-end lint/a11y/noNoninteractiveElementInteractions: as above
    // biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above
  );
}

const nodeOf = (event: Event): string | undefined =>
  (event.target as Element).closest('[data-node]')?.getAttribute('data-node') ?? undefined;

function ZoomButton(props: { readonly name: 'plus' | 'dash'; readonly words: string; readonly onPress: () => void }) {
  return (
    <button type="button" class="button" onClick={props.onPress}>
      <Icon name={props.name} />
      <span class="unseen">{props.words}</span>
    </button>
  );
}
