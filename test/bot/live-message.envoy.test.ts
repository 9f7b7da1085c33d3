import { expect, test } from 'vitest';
import { isObject, type JsonObject } from '../slack/model.ts';
import { ID, WAYS } from './facts.ts';
import { CHANNEL, startRig } from './rig.ts';

test('one message from request to promoted, with every step once in its thread', async () => {
  await using rig = await startRig();
  await rig.bot();
  await rig.happen(WAYS.gating);
  await rig.showing('at its gates');
  await rig.happen(WAYS.promoted.slice(WAYS.gating.length));
  const root = await rig.showing('*promoted*');
  expect(rig.roots()).toHaveLength(1);
  await rig.workspace.eventually('the outcome', () => rig.notes(root).find(({ broadcast }) => broadcast));
  const keys = rig.notes(root).map(({ metadata }) => keyOf(metadata));
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.at(-1)).toBe(`outcome:${ID}`);
  expect(keys.filter((key) => key.startsWith('ask:'))).toHaveLength(1);
  expect(rig.workspace.messages(CHANNEL).filter(({ broadcast }) => broadcast)).toHaveLength(1);
});

const keyOf = (metadata: JsonObject | undefined): string => {
  const payload = metadata?.event_payload;
  return isObject(payload) ? String(payload.key) : '';
};
