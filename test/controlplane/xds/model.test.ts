import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Variant } from '../../../controlplane/xds/response-frame.ts';
import { isFullState, XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { type ModelResponse, ModelSubscription } from './model-client.ts';
import { ModelWire, modelGroup, modelSnapshot } from './model-wire.ts';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const { CDS, EDS } = XDS_TYPES;

/** What may happen, in any order: a change, a request or an answer that arrives, another subscription, a new connection, a new server. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('serve' as const),
      content: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('1', '2', '3', 'bad1', 'bad2')),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'carry' as const }) },
  { weight: 6, arbitrary: fc.constant({ do: 'take' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('subscribe' as const), name: fc.constantFrom(...NAMES, '*') }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), name: fc.constantFrom(...NAMES, '*') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), restarted: fc.boolean() }) },
);

const CASES: [Variant, string][] = [
  ['sotw', CDS],
  ['sotw', EDS],
  ['delta', CDS],
  ['delta', EDS],
];

test.each(CASES)('%s, %s: whatever happens, a client holds in the end what it asks for', async (variant, typeUrl) => {
  let taken = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
      fc.boolean(),
      async (steps, named) => {
        let group = modelGroup();
        let wire = new ModelWire(group, variant, undefined);
        let content = new Map<string, string>();
        let serial = 0;
        /** What was refused on this stream and has not been asked for anew since. */
        let refusals: ModelResponse[] = [];
        const start = named || !isFullState(typeUrl) ? ['a'] : undefined;
        const client = new ModelSubscription(typeUrl, variant, isFullState(typeUrl), start, (bytes) =>
          wire.toServer.push(bytes),
        );
        const serve = (next: ReadonlyMap<string, string>): void => {
          content = new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1)));
          serial += 1;
          group.setSnapshot(modelSnapshot(`d${serial}`, { [typeUrl]: content }));
          refusals = [];
        };
        const take = (): boolean => {
          const response = wire.toClient.shift();
          if (!response) return false;
          expect(response.typeUrl).toBe(typeUrl);
          expect(wire.toClient, 'one answer is under way at a time').toEqual([]);
          for (const one of refusals)
            expect([response.resources, response.removed], 'what was refused is not sent again').not.toEqual([
              one.resources,
              one.removed,
            ]);
          if (client.take(response) === 'nack') {
            refused += 1;
            refusals.push(response);
          } else taken += 1;
          return true;
        };
        const settle = async (): Promise<void> => {
          for (let idle = 0; idle < 3; ) {
            const moved = wire.carry() || take();
            if (!moved) await turn();
            idle = moved ? 0 : idle + 1;
          }
        };
        client.open('n');
        for (const action of steps) {
          if (action.do === 'serve') serve(new Map(Object.entries(action.content)));
          else if (action.do === 'carry') {
            if (!wire.carry()) await turn();
          } else if (action.do === 'take') take();
          else if (action.do === 'subscribe') {
            if (isFullState(typeUrl) || action.name !== '*') client.subscribe(action.name);
            refusals = [];
          } else if (action.do === 'unsubscribe') {
            client.unsubscribe(action.name);
            refusals = [];
          } else {
            wire.close();
            if (action.restarted) {
              group = modelGroup();
              serve(content);
            }
            wire = new ModelWire(group, variant, undefined);
            refusals = [];
            client.open('n');
          }
        }
        await settle();
        serve(new Map(NAMES.slice(0, 3).map((name) => [name, `last${steps.length % 2}`])));
        await settle();
        const wanted = new Map([...content].filter(([name]) => client.isAsked(name)));
        const held = new Map(
          [...client.held].filter(([name]) => variant === 'delta' || isFullState(typeUrl) || content.has(name)),
        );
        expect(Object.fromEntries(held)).toEqual(Object.fromEntries(wanted));
        expect(client.doubted.size, 'nothing is left in doubt').toBe(0);
        // Everything is taken: nothing is sent any more, also to one that comes again.
        wire.close();
        wire = new ModelWire(group, variant, undefined);
        client.open('n');
        // That something does not exist is said again to a delta.
        const isKnown =
          wanted.size > 0 &&
          (variant === 'sotw' || [...(client.names ?? [])].every((name) => name === '*' || content.has(name)));
        await turn();
        wire.carry();
        await turn();
        if (isKnown) expect(wire.toClient).toEqual([]);
        wire.close();
      },
    ),
    { numRuns: 200, seed: 11 },
  );
  expect(taken).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(30);
});
