import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { Ticket } from './provider.ts';
import { hashOfSecret, isSecret, newSecret } from './secrets.ts';

/** How long somebody may take over signing in. */
export const TICKET_MS = 10 * 60_000;
/** Anybody may begin to sign in: the oldest of so many are forgotten. */
const MOST = 10_000;

export type KeptTicket = Ticket & { readonly returnTo: string };

/** Sign-ins under way. Each is bound to one browser by a cookie, and taken once. */
export type Tickets = {
  /** Resolves with the value of the cookie. */
  keep(ticket: KeptTicket): Promise<string>;
  take(secret: string | undefined): Promise<KeptTicket | undefined>;
};

type Row = { readonly state: string; readonly nonce: string; readonly verifier: string; readonly return_to: string };

export function tickets(store: Pick<PipelineStore, 'sql'>, nowEpochMs: () => number): Tickets {
  return {
    async keep({ state, nonce, verifier, returnTo }) {
      const secret = newSecret();
      const now = nowEpochMs();
      await store.sql(
        `DELETE FROM meshgate.board_sign_in WHERE ends_ms < $1::bigint OR secret_hash IN
         (SELECT secret_hash FROM meshgate.board_sign_in ORDER BY ends_ms DESC OFFSET ${MOST - 1})`,
        [now],
      );
      await store.sql(
        `INSERT INTO meshgate.board_sign_in (secret_hash, state, nonce, verifier, return_to, ends_ms)
         VALUES ($1, $2, $3, $4, $5, $6::bigint)`,
        [hashOfSecret(secret), state, nonce, verifier, returnTo, now + TICKET_MS],
      );
      return secret;
    },
    async take(secret) {
      if (!isSecret(secret)) return undefined;
      const [row] = await store.sql<Row>(
        `DELETE FROM meshgate.board_sign_in WHERE secret_hash = $1 AND ends_ms >= $2::bigint
         RETURNING state, nonce, verifier, return_to`,
        [hashOfSecret(secret), nowEpochMs()],
      );
      return row && { state: row.state, nonce: row.nonce, verifier: row.verifier, returnTo: row.return_to };
    },
  };
}
