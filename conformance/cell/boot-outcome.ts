import type { Finding } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { askAdmin } from '../admin/admin-client.ts';
import { readConfigDump } from '../admin/config-dump.ts';
import { pollUntil } from '../poll-until.ts';
import type { BootedEnvoy } from './boot.ts';
import { endFinding, faultBehind } from './envoy-end.ts';
import { scopeOf } from './finding-scope.ts';
import { nackFindings } from './nack-findings.ts';
import { takenFindings } from './taken-findings.ts';
import { warmingFindings } from './warming-findings.ts';

/** How long an Envoy may take to ACK everything, and to get ready after that. */
const APPLY_DEADLINE_MS = 15_000;
const READY_DEADLINE_MS = 15_000;

/**
 * Waits until the Envoy has taken what it is served, or has not, and says what there is to find fault with: NACKs, a crash, an
 * Envoy that no longer answers, resources that stay in warming, fields that it dropped, listeners that do not listen. No error
 * finding: it booted. Rejects with `LauncherError` when the Envoy was ended or stopped from outside.
 */
export async function judgeBoot(
  booted: BootedEnvoy,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    return await judgeRunning(booted, snapshot, signal);
  } catch (error) {
    signal.throwIfAborted();
    const fault = await faultBehind(error, booted, snapshot);
    if (fault) return [fault];
    throw error;
  }
}

async function judgeRunning(booted: BootedEnvoy, snapshot: Snapshot, signal: AbortSignal): Promise<readonly Finding[]> {
  const envoy = booted.release.version;
  const end = booted.envoy.ended.then((how) => ({ kind: 'ended', how }) as const);
  const applied = await Promise.race([booted.awaitApplied(APPLY_DEADLINE_MS), end]);
  signal.throwIfAborted();
  if (applied.kind === 'ended') return [endFinding(booted, applied.how, snapshot)];
  if (applied.kind === 'nacked') {
    const nacks = applied.nacks.flatMap((nack) => nackFindings(snapshot, nack, envoy));
    const refused = new Set(nacks.flatMap(({ resource }) => resource ?? []));
    return [...nacks, ...(await takenFindings({ booted, snapshot, signal, refused }))];
  }
  const ready = await Promise.race([
    awaitReady(booted, applied.kind === 'silent' ? 0 : READY_DEADLINE_MS, signal),
    end,
  ]);
  if (ready.kind === 'ended') return [endFinding(booted, ready.how, snapshot)];
  const dump = await readConfigDump(booted.envoy.adminUrl, { signal });
  if (applied.kind === 'silent' || ready.kind === 'not-ready' || dump.warming.length > 0) {
    const warming = warmingFindings(snapshot, dump.warming, envoy);
    return warming.length > 0 ? warming : [notTakenFinding(applied, ready, snapshot, envoy)];
  }
  return takenFindings({ booted, snapshot, signal, refused: new Set(), dump });
}

type Ready = { readonly kind: 'ready' } | { readonly kind: 'not-ready'; readonly answer: string };

/** Asks at least once. */
async function awaitReady(booted: BootedEnvoy, deadlineMs: number, signal: AbortSignal): Promise<Ready> {
  let answer = 'no answer';
  try {
    return await pollUntil('Envoy ready', deadlineMs, signal, async () => {
      try {
        await askAdmin(booted.envoy.adminUrl, '/ready', 'GET', { signal });
        return { kind: 'ready' } as const;
      } catch (error) {
        answer = error instanceof Error ? error.message : String(error);
        return undefined;
      }
    });
  } catch {
    signal.throwIfAborted();
    return { kind: 'not-ready', answer };
  }
}

function notTakenFinding(
  applied: { readonly kind: string; readonly types?: readonly string[] },
  ready: Ready,
  snapshot: Snapshot,
  envoy: string,
): Finding {
  const silent = applied.kind === 'silent' ? ` no answer for ${(applied.types ?? []).join(', ')};` : '';
  const state = ready.kind === 'not-ready' ? ready.answer : 'ready';
  return {
    ...scopeOf(snapshot, envoy),
    rule: 'not-ready',
    saw: `Envoy ${envoy} did not take everything in time:${silent} ${state}`,
    want: 'everything ACKed, and /ready answering 200',
  };
}
