import { computed, signal } from '@preact/signals';

const TICK_MS = 1_000;

/** What the server's clock is ahead of this machine's. */
const aheadMs = signal(0);
const machineEpochMs = signal(Date.now());
/** The server's time, to the second, for ages on the page. It rests while nobody looks. */
export const nowEpochMs = computed(() => machineEpochMs.value + aheadMs.value);

/** Takes the time that the server just told. Differences that only the way here explains are left alone. */
export function setServerTime(serverEpochMs: number): void {
  const ahead = serverEpochMs - Date.now();
  if (Math.abs(ahead - aheadMs.peek()) > TICK_MS) aheadMs.value = ahead;
}

const tick = (): void => {
  if (!document.hidden) machineEpochMs.value = Date.now();
};
setInterval(tick, TICK_MS);
document.addEventListener('visibilitychange', tick);
