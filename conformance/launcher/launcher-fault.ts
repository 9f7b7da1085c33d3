import type { Readiness } from './await-ready.ts';
import { type EnvoyEnd, EnvoyStartError, LauncherError, type StaticVerdict } from './envoy-launcher.ts';
import { refusalReason, staticVerdict } from './envoy-log.ts';

/** A fault of the operating system as the launcher error that it means; errors that are of a known kind already stay what they are. */
export function asLauncherError(fault: unknown, doing: string): unknown {
  if (fault instanceof LauncherError || fault instanceof EnvoyStartError) return fault;
  if (fault instanceof Error && fault.name === 'AbortError') return fault;
  const { code, message } = fault as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LauncherError('DISK_FULL', `cannot ${doing}: the disk is full (${message}); free some space`, {
        cause: fault,
      });
    case 'ENOMEM':
      return new LauncherError('OUT_OF_MEMORY', `cannot ${doing}: out of memory (${message})`, { cause: fault });
    case 'EADDRINUSE':
      return new LauncherError('PORT_TAKEN', `cannot ${doing}: ${message}`, { cause: fault });
    default:
      return new LauncherError('LAUNCH_FAILED', `cannot ${doing}: ${message}`, { cause: fault });
  }
}

type Ending = {
  /** `Envoy 1.38.3` */
  readonly name: string;
  readonly end: EnvoyEnd;
  readonly log: string;
  /** The kernel's out-of-memory killer is known to have killed something meanwhile. */
  readonly memoryRanOut: boolean;
};

/**
 * What an end before ready means: Envoy's own doing, or, when it was killed from outside, a harness that could not tell.
 * A port that is taken is told by Envoy's own words, and is the machine's state rather than the configuration's fault.
 */
export function earlyEndFault({ name, end, log, memoryRanOut }: Ending): EnvoyStartError | LauncherError {
  if (end.signal === 'SIGKILL' || end.exitCode === 137) {
    return memoryRanOut
      ? new LauncherError(
          'OUT_OF_MEMORY',
          `${name} was killed because this machine ran out of memory; run fewer cells at once`,
        )
      : new LauncherError('LAUNCH_FAILED', `${name} was killed from outside (SIGKILL) before it was ready`);
  }
  // What a shell, setpriv and the dynamic loader say of a program that is not there or does not run here; Envoy never does.
  if (end.exitCode === 126 || end.exitCode === 127) {
    const last = log.trim().split('\n').at(-1);
    return new LauncherError('LAUNCH_FAILED', `the binary of ${name} does not run on this machine: ${last}`);
  }
  const how = end.signal === undefined ? `exited with ${end.exitCode}` : `was ended by ${end.signal}`;
  const reason = refusalReason(log);
  return new EnvoyStartError('ENVOY_EXITED', `${name} ${how} before it was ready${reason ? `: ${reason}` : ''}`, {
    end,
    log,
  });
}

export function notReadyFault(name: string, readiness: Readiness, timeoutMs: number, log: string): EnvoyStartError {
  if (readiness.kind === 'silent')
    return new EnvoyStartError('ENVOY_ADMIN_SILENT', `${name}: its admin did not answer within ${timeoutMs} ms`, {
      log,
    });
  const says = readiness.kind === 'not-ready' && readiness.answer !== '' ? readiness.answer : 'nothing';
  return new EnvoyStartError('ENVOY_NOT_READY', `${name} was not ready within ${timeoutMs} ms; it says ${says}`, {
    log,
  });
}

/** The verdict of a run of `--mode validate` that has ended. Throws a `LauncherError` when something else ended it. */
export function validateOutcome(ending: Ending & { readonly timedOutAfterMs: number | undefined }): StaticVerdict {
  const { end, log, timedOutAfterMs } = ending;
  const verdict = staticVerdict(log, end);
  if (verdict.kind === 'ok') return verdict;
  if (timedOutAfterMs !== undefined)
    return { kind: 'crashed', end, log: `${log}\nmeshgate: no verdict within ${timedOutAfterMs} ms, ended by force\n` };
  const fault = verdict.kind === 'crashed' ? earlyEndFault(ending) : undefined;
  if (fault instanceof LauncherError) throw fault;
  return verdict;
}
