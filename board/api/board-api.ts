import { Hono } from 'hono';
import { validator } from 'hono/validator';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';
import { actionRequest } from './action-request.ts';
import { BoardRefusal } from './board-refusal.ts';
import { checked } from './checked.ts';
import { compareQuery, fleetQuery, historyQuery, minutesQuery, verificationsQuery } from './queries.ts';
import type { BoardReads } from './reads.ts';
import { shown } from './shown.ts';
import type { ActionAnswer, ActionRequest } from './types/action.ts';
import type { Me } from './types/me.ts';

/** Who asks, as sign-in tells: what the API needs of it. */
export type BoardDesk = {
  me(request: Request): Promise<Me>;
  /** Rejects with `BoardRefusal` for whoever may do nothing here. */
  act(request: Request, asked: ActionRequest): Promise<ActionAnswer>;
};

const none = (what: string): BoardRefusal => new BoardRefusal(404, 'board-not-there', what, 'one that there is');

/** What no promotion, stage or service is called. The store does not even take U+0000. */
const isName = (text: string): boolean => text.length <= 300 && !text.includes('\0');

/** The API of the board; `hc<BoardApi>` is its client. What is no success is a `Problem`. */
export function boardApi(reads: BoardReads, desk: BoardDesk) {
  return new Hono()
    .get('/api/me', async (c) => shown(c, await desk.me(c.req.raw)))
    .get('/api/stages', async (c) => shown(c, await reads.stages()))
    .get('/api/promotions/:id', async (c) => {
      const id = c.req.param('id');
      const found = isName(id) ? await reads.promotion(id as PromotionId) : undefined;
      if (!found) throw none(`the promotion ${JSON.stringify(id)}`);
      return shown(c, found);
    })
    .get('/api/mesh/:stage', validator('query', checked(minutesQuery)), async (c) => {
      const stage = c.req.param('stage');
      const { minutes } = c.req.valid('query');
      const found = isName(stage) ? await reads.meshMap(stage as StageName, minutes) : undefined;
      if (!found) throw none(`the stage ${JSON.stringify(stage)}`);
      return shown(c, found);
    })
    .get('/api/mesh/:stage/services/:name', validator('query', checked(minutesQuery)), async (c) => {
      const { stage, name } = c.req.param();
      const { minutes } = c.req.valid('query');
      const found = isName(stage + name) ? await reads.service(stage as StageName, name, minutes) : undefined;
      if (!found) throw none(`the service ${JSON.stringify(name)} in ${JSON.stringify(stage)}`);
      return shown(c, found);
    })
    .get('/api/fleet', validator('query', checked(fleetQuery)), async (c) =>
      shown(c, await reads.fleet(c.req.valid('query'))),
    )
    .get('/api/history', validator('query', checked(historyQuery)), async (c) =>
      shown(c, await reads.history(c.req.valid('query'))),
    )
    .get('/api/compare', validator('query', checked(compareQuery)), async (c) =>
      shown(c, await reads.compare(c.req.valid('query'))),
    )
    .get('/api/compare/choices', async (c) => shown(c, await reads.choices()))
    .get('/api/verifications', validator('query', checked(verificationsQuery)), async (c) =>
      shown(c, await reads.verifications(c.req.valid('query'))),
    )
    .get('/api/verifications/:id', async (c) => {
      const id = c.req.param('id');
      const found = isName(id) ? await reads.verification(id) : undefined;
      if (!found) throw none(`the verification ${JSON.stringify(id)}`);
      return shown(c, found);
    })
    .get('/api/audit/verify', async (c) => shown(c, await reads.verifyAudit()))
    .post('/api/commands', validator('json', checked(actionRequest)), async (c) =>
      shown(c, await desk.act(c.req.raw, c.req.valid('json'))),
    );
}

export type BoardApi = ReturnType<typeof boardApi>;
