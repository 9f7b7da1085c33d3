import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyAudit, verifyIn } from '../../../pipeline/audit/verify-audit.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import { ADA, BY_ADA, CANCELLED, ofPromotion, ofStage, requested } from '../store/sample-facts.ts';
import type { StorePlace } from '../store/store-contract.ts';

const ROWS = 6;

/** Whoever owns the database can go around the triggers; what they did is found then. */
export function tamperContract(name: string, place: () => Promise<StorePlace>): void {
  describe(name, () => {
    const opened = new AsyncDisposableStack();
    let store: OpenStore;
    beforeAll(async () => {
      const { location } = opened.use(await place());
      store = opened.use(await openStore(location, { clock: { nowEpochMs: () => 7_000 }, toolVersion: '1.0.0' }));
      await store.transact(async (tx) => {
        const document = await tx.keep('report', 'all is well');
        await tx.append(BY_ADA, ofPromotion('beta-1', requested()), [document]);
        await tx.append(BY_ADA, ofStage({ kind: 'frozen', by: ADA, reason: 'holiday' }));
        await tx.append(BY_ADA, { kind: 'line', event: { kind: 'stopped', by: ADA, reason: 'fire' } });
        await tx.append(BY_ADA, ofPromotion('beta-1', CANCELLED));
        await tx.append(BY_ADA, ofPromotion('beta-2', requested()));
        await tx.append(BY_ADA, ofStage({ kind: 'unfrozen', by: ADA, reason: 'work' }));
      });
    });
    afterAll(() => opened.disposeAsync());

    /** Runs statements without triggers and constraints in their way, verifies, and takes all back. */
    async function findingsAfter(...statements: string[]): Promise<string[]> {
      return await store.connections.use(async (connection) => {
        await connection.batch('BEGIN ISOLATION LEVEL REPEATABLE READ');
        try {
          for (const table of ['audit', 'chain_head'])
            await connection.batch(`ALTER TABLE meshgate.${table} DISABLE TRIGGER ALL`);
          for (const statement of statements) await connection.batch(statement);
          const { findings } = await verifyIn(connection, {});
          return findings.map(({ rule, at }) => `${rule} ${at.line}`);
        } finally {
          await connection.batch('ROLLBACK');
        }
      });
    }

    test('what nobody touched is sound', async () => {
      expect(await findingsAfter()).toEqual([]);
      const { rows, promotions, head } = await verifyAudit(store);
      expect({ rows, promotions, seq: head.seq }).toEqual({ rows: ROWS, promotions: 2, seq: ROWS });
      expect((await verifyAudit(store, { expect: { seq: 2, hash: 'f'.repeat(64) } })).findings).toHaveLength(1);
      expect((await verifyAudit(store, { expect: { seq: ROWS + 1, hash: 'f'.repeat(64) } })).findings).toHaveLength(1);
      expect((await verifyAudit(store, { expect: head })).findings).toEqual([]);
    });

    const changes: readonly (readonly [column: string, value: string])[] = [
      ['at_epoch_ms', 'at_epoch_ms + 1'],
      ['actor', `'{"kind":"person","person":"eve","via":"cli"}'`],
      ['actor', `(actor::text || ' ')::json`],
      ['subject', `replace(subject::text, '"kind"', '"kinD"')::json`],
      ['subject', `('{"kind":"line",' || substr(subject::text, 2))::json`],
      ['evidence', `'["${'0'.repeat(64)}"]'`],
      ['tool_version', `'9.9.9'`],
      ['previous_hash', `repeat('1', 64)`],
      ['hash', `repeat('2', 64)`],
    ];
    const everyRow = Array.from({ length: ROWS }, (_, index) => index + 1);
    test.each(changes)('a changed %s of any row is found there: %s', async (column, value) => {
      for (const seq of everyRow) {
        const found = await findingsAfter(`UPDATE meshgate.audit SET ${column} = ${value} WHERE seq = ${seq}`);
        expect(
          found.filter((one) => one.endsWith(` ${seq}`) || one.endsWith(` ${seq + 1}`)),
          `row ${seq}`,
        ).not.toEqual([]);
      }
    });

    test('a removed row, the last ones too, is found', async () => {
      for (const seq of everyRow)
        expect(await findingsAfter(`DELETE FROM meshgate.audit WHERE seq = ${seq}`), `row ${seq}`).toContain(
          seq === ROWS ? `audit-head-differs ${ROWS - 1}` : `audit-gap ${seq + 1}`,
        );
      expect(await findingsAfter('DELETE FROM meshgate.audit')).toContain('audit-head-differs 0');
    });

    test('removed rows with the head set back are found by the records', async () => {
      const found = await findingsAfter(
        'DELETE FROM meshgate.audit WHERE seq > 3',
        `UPDATE meshgate.chain_head SET (seq, hash, at_epoch_ms) = (SELECT seq, hash, at_epoch_ms FROM meshgate.audit WHERE seq = 3)`,
      );
      expect(new Set(found.map((one) => one.split(' ')[0]))).toEqual(new Set(['audit-record-differs']));
    });

    test('two rows that changed places are found, and so is one put in', async () => {
      const swapped = await findingsAfter(
        'UPDATE meshgate.audit SET seq = 100 WHERE seq = 2',
        'UPDATE meshgate.audit SET seq = 2 WHERE seq = 3',
        'UPDATE meshgate.audit SET seq = 3 WHERE seq = 100',
      );
      expect(swapped).toEqual(
        expect.arrayContaining(['audit-chain-broken 2', 'audit-row-altered 2', 'audit-chain-broken 3']),
      );
      const inserted = await findingsAfter(
        'UPDATE meshgate.audit SET seq = seq + 100 WHERE seq >= 4',
        'UPDATE meshgate.audit SET seq = seq - 99 WHERE seq >= 100',
        `INSERT INTO meshgate.audit SELECT 4, at_epoch_ms, actor, subject, evidence, tool_version, hash, repeat('3', 64)
           FROM meshgate.audit WHERE seq = 3`,
      );
      expect(inserted).toEqual(expect.arrayContaining(['audit-row-altered 4', 'audit-chain-broken 5']));
    });

    test.each([
      ["UPDATE meshgate.promotion SET state_kind = 'promoted' WHERE id = 'beta-1'", 'audit-record-differs 4'],
      ["UPDATE meshgate.promotion SET stage = 'release' WHERE id = 'beta-1'", 'audit-record-differs 4'],
      ["UPDATE meshgate.promotion SET terminal = false WHERE id = 'beta-1'", 'audit-record-differs 4'],
      ["UPDATE meshgate.promotion SET version = 9 WHERE id = 'beta-1'", 'audit-record-differs 4'],
      ["UPDATE meshgate.promotion SET created_seq = 99 WHERE id = 'beta-1'", 'audit-record-differs 4'],
      ["UPDATE meshgate.promotion SET changed_seq = 99 WHERE id = 'beta-1'", 'audit-record-differs 4'],
      [
        `UPDATE meshgate.promotion SET record = replace(record::text, 'because', 'no cause')::json WHERE id = 'beta-2'`,
        'audit-record-differs 5',
      ],
      ["DELETE FROM meshgate.promotion WHERE id = 'beta-2'", 'audit-record-differs 5'],
      ["UPDATE meshgate.promotion SET id = 'beta-3' WHERE id = 'beta-2'", 'audit-record-differs 5'],
      ["UPDATE meshgate.stage SET record = '{}'", 'audit-record-differs 6'],
      ['UPDATE meshgate.line SET version = 7', 'audit-record-differs 3'],
      ['DELETE FROM meshgate.line', 'audit-record-differs 3'],
      ['UPDATE meshgate.chain_head SET seq = 3', 'audit-head-differs 6'],
      ['UPDATE meshgate.chain_head SET at_epoch_ms = 3', 'audit-head-differs 6'],
      ["UPDATE meshgate.evidence SET body = 'all is ill'", 'audit-evidence-altered 1'],
      ["UPDATE meshgate.evidence SET kind = 'plan'", 'audit-evidence-altered 1'],
      ['DELETE FROM meshgate.evidence', 'audit-evidence-missing 1'],
    ])('%s is found: %s', async (statement, finding) => {
      expect(await findingsAfter(statement)).toContain(finding);
    });
  });
}
