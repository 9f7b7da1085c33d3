import { awaitReady } from './await-ready.ts';
import type { EnvoyEnd, EnvoyLauncher, LaunchOptions, StaticVerdict } from './envoy-launcher.ts';
import { earlyEndFault, notReadyFault, validateOutcome } from './launcher-fault.ts';

/** An Envoy that was started, whatever it runs in. */
export type EnvoyRun = {
  readonly ended: Promise<EnvoyEnd>;
  log(): string;
  /** Whether memory is known to have run out while it ran; asked once it has ended. */
  memoryRanOut(): boolean;
  /** Ends it and leaves nothing of it; resolves when it is gone. Never rejects. */
  end(): Promise<void>;
};

/** Resolves with its admin's address once it is up, as `EnvoyLauncher.launch` has it; else ends it and rejects with what that means. */
export async function upAt(
  envoy: EnvoyRun,
  options: LaunchOptions,
  findAdmin: () => Promise<URL | undefined>,
): Promise<URL> {
  const { release, readyTimeoutMs, signal } = options;
  const name = `Envoy ${release.version}`;
  // For as long as it runs: whoever launched it may end it by the signal at any time.
  void endedBy(envoy, signal);
  const stopWaiting = new AbortController();
  const outcome = await Promise.race([
    envoy.ended.then((end) => ({ kind: 'ended', end }) as const),
    awaitReady({
      findAdmin,
      awaitReady: options.awaitReady ?? true,
      timeoutMs: readyTimeoutMs,
      signal: stopWaiting.signal,
    }),
  ]);
  stopWaiting.abort();
  if (outcome.kind === 'ready' && !signal?.aborted) return outcome.adminUrl;
  await envoy.end();
  signal?.throwIfAborted();
  const log = envoy.log();
  throw outcome.kind === 'ended'
    ? earlyEndFault({ name, end: outcome.end, log, memoryRanOut: envoy.memoryRanOut() })
    : notReadyFault(name, outcome, readyTimeoutMs, log);
}

/** What an Envoy says that was started to validate; see `EnvoyLauncher.validate`. It is gone then. */
export async function verdictOf(
  envoy: EnvoyRun,
  { release, timeoutMs, signal }: Parameters<EnvoyLauncher['validate']>[0],
): Promise<StaticVerdict> {
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  const end = await endedBy(envoy, limit);
  const timedOut = limit.aborted;
  await envoy.end();
  signal?.throwIfAborted();
  return validateOutcome({
    name: `Envoy ${release.version}`,
    end,
    log: envoy.log(),
    memoryRanOut: envoy.memoryRanOut(),
    timedOutAfterMs: timedOut ? timeoutMs : undefined,
  });
}

/** Its end, by itself or because `signal` is aborted. */
async function endedBy(envoy: EnvoyRun, signal: AbortSignal | undefined): Promise<EnvoyEnd> {
  const endNow = (): void => void envoy.end();
  signal?.addEventListener('abort', endNow, { once: true });
  if (signal?.aborted) endNow();
  const end = await envoy.ended;
  signal?.removeEventListener('abort', endNow);
  return end;
}
