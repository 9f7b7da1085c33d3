import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { CONTESTANTS } from '../../../bench/xds/peers.ts';

const BENCH = join(import.meta.dirname, '../../../bench/main.ts');
const { failed: hasNoGo } = await execa('go', ['version'], { reject: false });

test.skipIf(hasNoGo)(
  'every server gets through every part with a few streams, serves what it should, and nothing is left running',
  { timeout: 600_000 },
  async () => {
    const sizes = ['--clusters', '5', '--streams', '4', '--rounds', '1'];
    const { stdout, stderr, exitCode } = await execa(process.execPath, [BENCH, 'xds', ...sizes], { reject: false });
    expect(stderr).not.toContain('did not get through');
    expect(exitCode).toBe(0);
    for (const protocol of ['sotw', 'delta']) {
      // A row of figures of all servers, and one of targets.
      const rows = stdout.split('\n').filter((line) => line.startsWith(`| 5 | 4 | ${protocol} |`));
      expect(rows).toHaveLength(2);
      expect(rows[0]?.split(' | ')[3]).toMatch(/^[\d,]+( \/ [\d,]+){3}$/);
      const storms = stdout.split('\n').filter((line) => line.startsWith(`| ${protocol} | `));
      const stormed = storms.filter((line) => /\| (nothing|one endpoint) \|/.test(line));
      expect(stormed).toHaveLength(2 * CONTESTANTS.filter((whose) => whose !== 'ceiling').length);
      expect(storms).toContainEqual(expect.stringMatching(/\| meshgate \| 4 \| \d+ \|/));
    }
    // What still ran would hold its standard output open: execa would not have come back.
  },
);

test.skipIf(hasNoGo)('a server that comes back resends nothing that its nodes hold', { timeout: 600_000 }, async () => {
  const { stdout } = await execa(process.execPath, [
    ...[BENCH, 'xds', 'storm', '--clusters', '5', '--streams', '4'],
    ...['--servers', 'meshgate'],
  ]);
  const unneeded = (protocol: string, changed: string): string | undefined =>
    stdout
      .split('\n')
      .find((line) => line.startsWith(`| ${protocol} | ${changed} | meshgate |`))
      ?.split(' | ')
      .at(-1)
      ?.replace(' |', '');
  expect(unneeded('sotw', 'nothing')).toBe('0');
  expect(unneeded('delta', 'nothing')).toBe('0');
  expect(unneeded('delta', 'one endpoint')).toBe('0');
});

test('without Go it says so in one line, and is no failure', { timeout: 60_000 }, async () => {
  const { stdout, exitCode } = await execa(process.execPath, [BENCH, 'xds'], { env: { PATH: '/nowhere' } });
  expect(stdout).toBe('xds: not run, there is no `go` on the PATH to build its peers with');
  expect(exitCode).toBe(0);
});
