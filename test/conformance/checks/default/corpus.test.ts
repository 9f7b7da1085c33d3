import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deriveDefaultChecks } from '../../../../conformance/checks/default/derive-default-checks.ts';
import { collectHosts } from '../../../../conformance/substitute/collect-hosts.ts';
import { substitute } from '../../../../conformance/substitute/substitute.ts';
import { hostKeyText } from '../../../../conformance/upstream/stand-in.ts';
import { encodeResource } from '../../../../render/api/encode-resource.ts';
import type { Snapshot } from '../../../../render/snapshot.ts';
import { validateDirectory } from '../../guards/validate-directory.ts';
import { testOptions } from '../../substitute/options.ts';

const GOOD = join(import.meta.dirname, '../../../../../shared/corpus/good');
const sets = existsSync(GOOD) ? readdirSync(GOOD, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];

/** Undefined for a set that the newest Envoy API refuses: then there is nothing to run. */
const snapshotIn = async (dir: string): Promise<Snapshot | undefined> =>
  (await validateDirectory(dir, ['1.40.0'])).snapshot;

describe.skipIf(sets.length === 0)(
  'real configurations (skipped where ../shared/corpus is not beside the repository)',
  () => {
    const counts = new Map<string, number>();
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);

    test.each(sets.map(({ name }) => name))('%s', async (name) => {
      const snapshot = await snapshotIn(join(GOOD, name));
      if (!snapshot) {
        count('not readable');
        return;
      }
      const hosts = new Set(collectHosts(snapshot).map(({ key }) => hostKeyText(key)));
      const options = testOptions();
      const first = substitute(snapshot, options);
      // Every host that is substituted has a stand-in, and what comes out is still a message that Envoy can be sent.
      expect(options.asked.filter((host) => !hosts.has(host))).toEqual([]);
      for (const resource of first.resources) expect(encodeResource(resource).length).toBeGreaterThan(0);
      expect(substitute(snapshot, options)).toEqual(first);
      const written = JSON.stringify(first.resources);
      expect(written).not.toMatch(/"filename":"[^"]*\.(pem|crt|key)"/);

      const checks = deriveDefaultChecks(snapshot);
      expect(deriveDefaultChecks(snapshot)).toEqual(checks);
      expect(new Set(checks.map((check) => check.name)).size).toBe(checks.length);
      for (const check of checks) {
        count(check.kind);
        if (check.kind === 'uncheckable')
          count(`  ${check.reason.replace(/(cluster|route|filter|like|listener) \S+/g, '$1 …')}`);
      }
    });

    test('most routes that lead to a host can be asked', () => {
      const lines = [...counts]
        .sort(([, a], [, b]) => b - a)
        .map(([what, times]) => `${String(times).padStart(4)} ${what}`);
      process.stdout.write(`default checks of ${sets.length} configurations:\n${lines.join('\n')}\n`);
      expect(counts.get('request') ?? 0).toBeGreaterThan(100);
      expect(counts.get('not readable') ?? 0).toBeLessThan(5);
    });
  },
);
