import { CELL_COLUMNS, type CellRow, storedCell } from '../matrix/cells.ts';
import type { Sql } from '../timers.ts';
import type { Verification } from './verification.ts';
import {
  VERIFICATION_COLUMNS,
  type VerificationRow,
  type VerifiedStageRow,
  verificationOf,
  verifiedStage,
} from './verification-rows.ts';

type Numbered<T> = T & { readonly number: number | string };

/** The newest first, `limit` of them, with numbers below `before`; with the cells of all of their stages, in three questions. */
export async function listVerifications(
  db: Sql,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<readonly Verification[]> {
  const rows = await db.sql<VerificationRow>(
    `select ${VERIFICATION_COLUMNS} from meshgate.engine_verification where number < $1 order by number desc limit $2`,
    [before ?? Number.MAX_SAFE_INTEGER, limit],
  );
  const [newest, oldest] = [rows[0], rows.at(-1)];
  if (!newest || !oldest) return [];
  const between = [oldest.number, newest.number];
  const stages = await db.sql<Numbered<VerifiedStageRow>>(
    `select number, stage, digest, base_digest, findings from meshgate.engine_verification_stage
     where number between $1 and $2 order by number, place`,
    between,
  );
  const cells = await db.sql<Numbered<CellRow> & { readonly stage: string }>(
    `select number, stage, ${CELL_COLUMNS} from (
       select s.number, s.stage, s.place as stage_place, c.* from meshgate.engine_verification_stage s
       join meshgate.engine_cell c on c.promotion = concat('verify:', s.number, ' ', s.stage)
         and c.digest = s.digest and c.base_digest = coalesce(s.base_digest, '')
       where s.number between $1 and $2
     ) as of_stages order by number, stage_place, place`,
    between,
  );
  const keyOf = ({ number, stage }: { readonly number: number | string; readonly stage: string }): string =>
    `${number} ${stage}`;
  const ofStage = Map.groupBy(cells, keyOf);
  const ofVerification = Map.groupBy(stages, ({ number }) => Number(number));
  return rows.map((row) =>
    verificationOf(
      row,
      (ofVerification.get(Number(row.number)) ?? []).map((stage) =>
        verifiedStage(stage, (ofStage.get(keyOf(stage)) ?? []).map(storedCell)),
      ),
    ),
  );
}

/** Something that differs whenever one of the newest verifications, or one under way, has news. */
export async function verificationsMark(db: Sql): Promise<string> {
  const [row] = await db.sql<{ readonly mark: string | null }>(
    `select string_agg(concat_ws(',', v.number, v.state, v.message, done.cells), ';' order by v.number) as mark
     from (select number, state, message from meshgate.engine_verification
           where state <> 'ended' or number > (select coalesce(max(number), 0) - 20 from meshgate.engine_verification)) v
     left join lateral (
       select string_agg(concat(c.state, c.attempt), ' ' order by s.place, c.place) as cells
       from meshgate.engine_verification_stage s
       join meshgate.engine_cell c on c.promotion = concat('verify:', s.number, ' ', s.stage)
       where s.number = v.number and v.state <> 'ended'
     ) done on true`,
    [],
  );
  return row?.mark ?? '';
}
