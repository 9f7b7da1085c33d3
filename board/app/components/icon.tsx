import './icon.css';

/** 16 × 16, stroked with the colour of the text beside it. */
const PATHS = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  question: 'M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M8 12.4v.1',
  clock: 'M8 4.6V8l2.4 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z',
  person: 'M8 7.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM2.8 13.8c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4',
  hand: 'M5 8V3.8a1.1 1.1 0 0 1 2.2 0V7M7.2 7V2.9a1.1 1.1 0 0 1 2.2 0V7M9.4 7.2V4a1.1 1.1 0 0 1 2.2 0v5.4c0 2.7-1.5 4.4-4 4.4-2.2 0-3.2-1-4.4-3.4l-.8-1.6c-.5-1 .9-1.8 1.6-.8L5 9.4',
  snow: 'M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9L2.6 11.1',
  stop: 'M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM5.6 8h4.8',
  alert: 'M8 2.2l6.2 11H1.8zM8 6.6v3M8 11.4v.1',
  drift: 'M2 5h8.4M8.2 2.6L10.8 5 8.2 7.4M14 11H5.6M7.8 8.6L5.2 11l2.6 2.4',
  back: 'M6.2 3.4L2.6 7l3.6 3.6M3 7h6.4a4 4 0 0 1 0 8H8',
  arrow: 'M3 8h9.4M9 4.4L12.6 8 9 11.6',
  down: 'M3.6 6l4.4 4.4L12.4 6',
  up: 'M3.6 10L8 5.6l4.4 4.4',
  spin: 'M8 2a6 6 0 1 1-6 6',
  dash: 'M4 8h8',
  dot: 'M8 6.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8z',
  plus: 'M8 3.4v9.2M3.4 8h9.2',
  search: 'M7 11.4a4.4 4.4 0 1 0 0-8.8 4.4 4.4 0 0 0 0 8.8zM10.2 10.2L14 14',
  sun: 'M8 10.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2M3.5 3.5l.8.8M11.7 11.7l.8.8M12.5 3.5l-.8.8M4.3 11.7l-.8.8',
  moon: 'M13.4 9.8A5.8 5.8 0 0 1 6.2 2.6a5.8 5.8 0 1 0 7.2 7.2z',
  screen: 'M2 3h12v8H2zM5.6 13.6h4.8',
  link: 'M6.6 9.4l2.8-2.8M7 4.6l1.2-1.2a2.8 2.8 0 0 1 4 4L11 8.6M9 11.4l-1.2 1.2a2.8 2.8 0 0 1-4-4L5 7.4',
  chain:
    'M2.4 8a2.2 2.2 0 0 1 2.2-2.2h2A2.2 2.2 0 0 1 6.6 10.2h-2A2.2 2.2 0 0 1 2.4 8zM7.2 8a2.2 2.2 0 0 1 2.2-2.2h2a2.2 2.2 0 0 1 0 4.4h-2',
  key: 'M9.8 9.2a3.2 3.2 0 1 0-3-3l-4.6 4.6v2.4h2.4l.6-1.4h1.4v-1.4h1.2z',
} as const;
export type IconName = keyof typeof PATHS;

/** Always beside a word, which is what says it: hidden from screen readers. */
export function Icon({ name, turning }: { readonly name: IconName; readonly turning?: boolean }) {
  return (
    <svg
      class={turning ? 'icon icon-turning' : 'icon'}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
