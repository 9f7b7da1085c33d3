import { expect, expectTypeOf, test } from 'vitest';
import { boardClient } from '../../board/api/board-client.ts';
import type { PromotionView } from '../../board/api/types/promotion.ts';
import type { ServiceView } from '../../board/api/types/service.ts';
import type { StagesView } from '../../board/api/types/stages.ts';

test('the client is typed by the server: paths, parameters and answers', async () => {
  const asked: string[] = [];
  const client = boardClient('http://board', async (input) => {
    asked.push(String(input));
    return new Response('{}');
  });
  const stages = await (await client.api.stages.$get()).json();
  expectTypeOf(stages).toExtend<StagesView>();
  const promotion = await (await client.api.promotions[':id'].$get({ param: { id: 'canary-7' } })).json();
  expectTypeOf(promotion).toExtend<PromotionView>();
  const service = await client.api.mesh[':stage'].services[':name'].$get({
    param: { stage: 'canary', name: encodeURIComponent('a/b') },
    query: { minutes: '5' },
  });
  expectTypeOf(await service.json()).toExtend<ServiceView>();
  expect(asked).toEqual([
    'http://board/api/stages',
    'http://board/api/promotions/canary-7',
    'http://board/api/mesh/canary/services/a%2Fb?minutes=5',
  ]);
});
