import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootEnvoy } from '../../../../conformance/cell/boot.ts';
import { GROUP_METADATA } from '../../../../conformance/cell/bootstrap.ts';
import type { CheckResult } from '../../../../conformance/checks/check.ts';
import { deriveDefaultChecks } from '../../../../conformance/checks/default/derive-default-checks.ts';
import { runCheck } from '../../../../conformance/checks/run-check.ts';
import { createClient } from '../../../../conformance/client/client.ts';
import { envoyBinaries } from '../../../../conformance/launcher/envoy-binary.ts';
import { processLauncher } from '../../../../conformance/launcher/process-launcher.ts';
import { sharedPki } from '../../../../conformance/pki/pki.ts';
import { collectHosts } from '../../../../conformance/substitute/collect-hosts.ts';
import type { Substitution } from '../../../../conformance/substitute/substitution.ts';
import { startUpstreams } from '../../../../conformance/upstream/start-upstreams.ts';
import { startControlPlane } from '../../../../controlplane/xds/control-plane.ts';
import { newestApiSet } from '../../../../render/api/api-set.ts';
import { canonicaliser } from '../../../../render/api/canonicaliser.ts';
import { DEFAULT_OBSERVE, NO_GATES } from '../../../../render/config/stage-defaults.ts';
import type { EnvoyVersion, StageName } from '../../../../render/ids.ts';
import { makeSnapshot, type Snapshot } from '../../../../render/snapshot.ts';
import { cacheDirOf } from '../../../../render/wheels/cache-dir.ts';

export type DefaultRun = {
  /** `acked`, or Envoy's words. */
  readonly applied: string;
  readonly results: readonly CheckResult[];
  readonly substitutions: readonly Substitution[];
};

/** Substitutes the snapshot, boots a real Envoy with it, and asks every default check of it, one after the other. */
export async function runDefaultChecks(version: string, written: Snapshot): Promise<DefaultRun> {
  const read = canonicaliser(newestApiSet());
  const resources = written.resources.map((resource) => {
    const { resource: canonical, findings } = read(resource);
    const error = findings.find(({ severity }) => severity === 'error');
    if (!canonical || error)
      throw new Error(`the test's own ${resource.kind} ${resource.name}: ${JSON.stringify(error)}`);
    return canonical;
  });
  const snapshot = makeSnapshot(written.stage, resources, written.bootstrap);
  const pki = await sharedPki();
  await using upstreams = await startUpstreams({ pki });
  await upstreams.ensure(collectHosts(snapshot));
  await using controlPlane = await startControlPlane({ host: '127.0.0.1', port: 0, groupMetadata: GROUP_METADATA });
  const scratchDir = await mkdtemp(join(tmpdir(), 'default-checks-'));
  const { signal } = new AbortController();
  const envoy = { version: version as EnvoyVersion };
  try {
    await using booted = await bootEnvoy({
      launcher: processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) }),
      controlPlane,
      pki,
      sampleOf: () => undefined,
      cell: {
        stage: {
          name: 'beta' as StageName,
          envoys: [envoy],
          node: {},
          guards: { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 1 },
          gates: NO_GATES,
          observe: DEFAULT_OBSERVE,
          target: undefined,
          at: { file: 'mesh.yaml', line: 1, column: 1 },
        },
        envoy,
      },
      snapshot,
      upstreams,
      scratchDir,
      role: 'test',
      readyTimeoutMs: 60_000,
      signal,
    });
    const applied = await booted.awaitApplied(20_000);
    const cell = await booted.running();
    await using client = createClient({ pki, signal });
    const deps = { client, newRequestId: () => randomUUID(), scripts: { path: '', lang: 'C' } };
    const results: CheckResult[] = [];
    for (const check of deriveDefaultChecks(snapshot)) results.push(await runCheck(check, cell, deps));
    return {
      applied: applied.kind === 'acked' ? 'acked' : JSON.stringify(applied),
      results,
      substitutions: booted.substitutions,
    };
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}
