import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../icon.tsx';
import './pan-zoom.css';
import { fitted, panned, type Size, type ViewBox, zoomed } from './view-box.ts';

const STEP = 1.3;
const PAN_PX = 60;
/** Below this scale names cannot be read, and are not drawn. */
const READABLE = 0.45;

/** A window on a drawing: drag or arrow keys move it, wheel or + and − bring it nearer. */
export function PanZoom(props: {
  readonly drawing: Size;
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  const { drawing, label, children } = props;
  const place = useRef<HTMLElement>(null);
  const [view, setView] = useState<ViewBox>({ x: 0, y: 0, scale: 1 });
  const size = (): Size => ({
    width: place.current?.clientWidth ?? 1,
    height: place.current?.clientHeight ?? 1,
  });
  const fit = (): void => setView(fitted(drawing, size()));
  useLayoutEffect(fit, [drawing.width, drawing.height]);
  const nearer = (factor: number): void =>
    setView((now) => zoomed(now, factor, { x: size().width / 2, y: size().height / 2 }));

  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => setView((now) => panned(now, PAN_PX, 0)),
      ArrowRight: () => setView((now) => panned(now, -PAN_PX, 0)),
      ArrowUp: () => setView((now) => panned(now, 0, PAN_PX)),
      ArrowDown: () => setView((now) => panned(now, 0, -PAN_PX)),
      '+': () => nearer(STEP),
      '=': () => nearer(STEP),
      '-': () => nearer(1 / STEP),
      '0': fit,
    };
    const move = moves[event.key];
    if (!move || event.target !== event.currentTarget) return;
    event.preventDefault();
    move();
  };
  const onWheel = (event: WheelEvent): void => {
    // A page that scrolls is not to be caught here: nearer and farther need the control key, as pinching does.
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = place.current?.getBoundingClientRect();
    const at = { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
    setView((now) => zoomed(now, event.deltaY < 0 ? STEP : 1 / STEP, at));
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest('button, [data-node]')) return;
    place.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (!place.current?.hasPointerCapture(event.pointerId)) return;
    setView((now) => panned(now, event.movementX, event.movementY));
  };

  return (
    // biome-ignore-start lint/a11y/noNoninteractiveTabindex: arrow keys move what it shows
    // biome-ignore-start lint/a11y/noNoninteractiveElementInteractions: as above
    <section
      ref={place}
      class={view.scale < READABLE ? 'pan-zoom pan-zoom-far' : 'pan-zoom'}
      tabIndex={0}
      aria-label={`${label}. Arrow keys move it, plus and minus bring it nearer, 0 shows all.`}
      onKeyDown={onKeyDown}
      onWheel={onWheel}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
    >
      <svg role="img" aria-label={label} width="100%" height="100%">
        <g transform={`scale(${view.scale}) translate(${-view.x} ${-view.y})`}>{children}</g>
      </svg>
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

function ZoomButton(props: { readonly name: 'plus' | 'dash'; readonly words: string; readonly onPress: () => void }) {
  return (
    <button type="button" class="button" onClick={props.onPress}>
      <Icon name={props.name} />
      <span class="unseen">{props.words}</span>
    </button>
  );
}
