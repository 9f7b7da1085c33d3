import { announce } from '../browser/announcer.tsx';

/** A new page was come to: those who use the keyboard or hear it begin at its heading. */
export function arriveAt(): void {
  const heading = document.querySelector<HTMLElement>('main h1');
  (heading ?? document.getElementById('page'))?.focus({ preventScroll: true });
  if (heading) announce(heading.textContent ?? '');
}
