import { expect, test } from 'vitest';
import { isObject, type JsonObject } from '../slack/model.ts';
import { WAYS } from './facts.ts';
import { CHANNEL, sharedStore, startRig } from './rig.ts';

test('one message from request to promoted, with every step once in its thread', async () => {
  await using shared = await sharedStore();
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.happen(WAYS.gating);
  await rig.showing('at its gates');
  await rig.happen(WAYS.promoted.slice(WAYS.gating.length));
  const root = await rig.showing('*promoted*');
  expect(rig.roots()).toHaveLength(1);
  await rig.workspace.eventually('the outcome', () => rig.notes(root).find(({ broadcast }) => broadcast));
  const keys = rig.notes(root).map(({ metadata }) => keyOf(metadata));
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.at(-1)).toBe(`outcome:${rig.id}`);
  expect(keys.filter((key) => key.startsWith('ask:'))).toHaveLength(1);
  expect(rig.workspace.messages(CHANNEL).filter(({ broadcast }) => broadcast)).toHaveLength(1);
});

const keyOf = (metadata: JsonObject | undefined): string => {
  const payload = metadata?.event_payload;
  return isObject(payload) ? String(payload.key) : '';
};
