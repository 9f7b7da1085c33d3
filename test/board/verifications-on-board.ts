import { expect, test } from 'vitest';
import type { VerificationsView, VerificationView } from '../../board/api/types/verification.ts';
import type { RunningBoard } from '../../board/server/start-board.ts';
import type { VerificationId } from '../../pipeline/ids.ts';
import type { World } from '../pipeline/engine/engine-world.ts';
import { get } from './board-world.ts';
import { readEvents } from './events-reader.ts';

/** What people had proved without a promotion, as the board tells it; over a world in which nothing was verified yet. */
export function verificationsOnBoard(
  now: () => { readonly mesh: World; readonly board: RunningBoard; readonly hostile: string },
): void {
  test('verifications: none yet; asked for, running and ended, each told as it happens, with who asked, digests and cells', async () => {
    const { mesh, board, hostile } = now();
    const list = (query = ''): Promise<VerificationsView> => get(board, `/api/verifications${query}`);
    const one = (id: VerificationId): Promise<VerificationView> =>
      get(board, `/api/verifications/${encodeURIComponent(id)}`);
    const ask = async (login: string, revision: string): Promise<VerificationId> => {
      const caller = { via: 'cli', identity: `unix:${login}` } as const;
      const { verification, title } = await mesh.pipeline.ask({ kind: 'verify', revision }, caller);
      if (verification === undefined) throw new Error(title);
      return verification;
    };
    expect(await list()).toEqual({ rows: [] });
    await using reader = await readEvents(board.url);
    await reader.until('hello', () => reader.events.length > 0);
    const told = (): number => reader.changes().filter(({ kind }) => kind === 'verifications').length;

    const finding = {
      rule: 'check-status',
      severity: 'error',
      at: { file: 'clusters/extra.yaml', line: 2, column: 1 },
      saw: hostile,
      want: 'status 200',
    } as const;
    mesh.cell = ({ envoy, stage }) => {
      if (stage === mesh.canary) return { verdict: 'inconclusive', message: 'no disk' };
      if (envoy !== '1.36.4') return undefined;
      const cell = { envoy, durationMs: 7, steps: [], checks: [], findings: [finding], substitutions: [], repro: '' };
      return { verdict: 'fail', findings: [finding], report: JSON.stringify({ findings: [], cells: [cell] }) };
    };
    const first = await ask('ada', 'main');
    await reader.until('that one was asked for', () => told() > 0);
    expect((await one(first)).verification).toMatchObject({
      state: 'asked',
      stages: [],
      standing: 'waits for a worker',
    });
    const before = told();
    await mesh.settle();
    mesh.cell = () => undefined;
    await reader.until('that it ended', () => told() > before);

    const { verification, matrix } = await one(first);
    const { live } = await mesh.store.read.stage(mesh.beta);
    expect(verification).toMatchObject({
      id: first,
      askedBy: 'unix:ada',
      person: 'ada',
      state: 'ended',
      verdict: 'fail',
      standing: 'fails',
      stages: [
        {
          stage: mesh.beta,
          digest: live?.digest,
          baseDigest: live?.digest,
          cells: [
            { envoy: '1.36.4', state: 'fail' },
            { envoy: '1.40.0', state: 'pass' },
          ],
        },
        { stage: mesh.canary, cells: [{ envoy: '1.40.0', state: 'inconclusive' }] },
      ],
    });
    expect(verification.stages[1]?.baseDigest).toBeUndefined();
    expect(matrix).toMatchObject({ verdict: 'fail', stages: [mesh.beta, mesh.canary], envoys: ['1.36.4', '1.40.0'] });
    expect(matrix.cells.map(({ id, state, message }) => [id, state, message])).toEqual([
      [`${mesh.beta}@1.36.4`, 'fail', undefined],
      [`${mesh.beta}@1.40.0`, 'pass', undefined],
      [`${mesh.canary}@1.40.0`, 'inconclusive', 'no disk'],
    ]);
    // Its findings, with the lines of the config that they are about.
    expect(matrix.cells[0]?.report?.findings).toMatchObject([
      {
        rule: 'check-status',
        saw: hostile,
        excerpt: { firstLine: 1, lines: expect.arrayContaining(['type: STATIC']) },
      },
    ]);

    // The newest first, and pages that go on before a number.
    const next = await ask('eve', 'main');
    const { rows, next: older } = await list();
    expect(rows.map(({ id, state, person }) => [id, state, person])).toEqual([
      [next, 'asked', 'eve'],
      [first, 'ended', 'ada'],
    ]);
    expect(older).toBeUndefined();
    expect((await list(`?before=${next.replace('verify:', '')}`)).rows.map(({ id }) => id)).toEqual([first]);
    expect((await list('?before=0')).rows).toEqual([]);
  });
}
