import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { AdminError } from '../admin/admin-client.ts';
import { type EnvoyEnd, LauncherError } from '../launcher/envoy-launcher.ts';
import type { BootedEnvoy } from './boot.ts';
import { scopeOf } from './finding-scope.ts';

/** A connection is refused a moment before the operating system says that the process is gone. */
const END_SEEN_WITHIN_MS = 500;

/** Signals that an Envoy raises itself, or the kernel for what it did; the others come from somebody else. */
const OWN_SIGNALS = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS']);

/** Who ended an Envoy that nobody of this harness ended. An Envoy that exits with 0 was told to: SIGTERM, or its admin. */
export const endedFromOutside = ({ signal, exitCode }: EnvoyEnd): boolean =>
  signal === undefined ? exitCode === 0 || exitCode === 137 || exitCode === 143 : !OWN_SIGNALS.has(signal);

const howOf = ({ signal, exitCode }: EnvoyEnd): string =>
  signal === undefined ? `exit status ${exitCode ?? 'unknown'}` : signal;

/** The last 50 lines of its log. */
const lastLines = (booted: BootedEnvoy): string => booted.envoy.log().trimEnd().split('\n').slice(-50).join('\n');

/**
 * What the end of an Envoy says, once it is known that it ended: a finding for one that ended by itself. Throws `LauncherError`
 * for one that was ended from outside: nothing is known then.
 */
export function endFinding(booted: BootedEnvoy, end: EnvoyEnd, snapshot: Snapshot): Finding {
  const { version } = booted.release;
  if (endedFromOutside(end)) {
    const memory = end.signal === 'SIGKILL' || end.exitCode === 137 ? '; perhaps this machine ran out of memory' : '';
    throw new LauncherError('LAUNCH_FAILED', `Envoy ${version} was ended from outside (${howOf(end)})${memory}`);
  }
  return {
    ...scopeOf(snapshot, version),
    rule: 'envoy-crashed',
    saw: `Envoy ${version} ended by itself (${howOf(end)}); its last lines:\n${lastLines(booted)}`,
    want: 'an Envoy that keeps running',
  };
}

/** Resolves with the end of an Envoy that has ended, or does so within `withinMs`. */
export async function endWithin({ envoy }: BootedEnvoy, withinMs = 0): Promise<EnvoyEnd | undefined> {
  const giveUp = new AbortController();
  const end = await Promise.race([
    envoy.ended,
    sleep(withinMs, undefined, { signal: giveUp.signal }).catch(() => undefined),
  ]);
  giveUp.abort();
  return end;
}

/**
 * What stands behind an error of somebody who spoke with this Envoy: the finding that it ended by itself or no longer answers.
 * Undefined when the Envoy is well, so that the error is the harness's. Throws `LauncherError` when it was ended or stopped from
 * outside.
 */
export async function faultBehind(
  error: unknown,
  booted: BootedEnvoy,
  snapshot: Snapshot,
): Promise<Finding | undefined> {
  const silent = error instanceof AdminError && error.status === undefined;
  const end = await endWithin(booted, silent ? END_SEEN_WITHIN_MS : 0);
  if (end) return endFinding(booted, end, snapshot);
  if (!silent) return undefined;
  const { version } = booted.release;
  if (isStopped(booted.envoy.pid))
    throw new LauncherError('LAUNCH_FAILED', `Envoy ${version} was stopped from outside (SIGSTOP)`, { cause: error });
  return {
    ...scopeOf(snapshot, version),
    rule: 'not-ready',
    saw: `Envoy ${version} runs and no longer answers (${error.message}); its last lines:\n${lastLines(booted)}`,
    want: 'an Envoy whose admin answers',
  };
}

/** Linux says so in the third field of `/proc/PID/stat`; elsewhere, and for containers, nobody can tell. */
function isStopped(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return /\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
