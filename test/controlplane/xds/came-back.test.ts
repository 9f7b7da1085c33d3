import { expect, test } from 'vitest';
import { NameSets } from '../../../controlplane/xds/name-set.ts';
import { IN_DOUBT } from '../../../controlplane/xds/selection.ts';
import { TypeHistory } from '../../../controlplane/xds/type-history.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';

/** What a node is taken to hold that says the version of the first of these states, after the last of them was served. */
function takenToHold(typeUrl: string, states: readonly string[]): readonly string[] {
  const sets = new NameSets(10);
  const names = sets.changed(sets.nothing, ['a', 'b'], []);
  const history = new TypeHistory(typeUrl);
  states.forEach((state, index) => {
    history.serve(
      [...state].map((name) => ({ name, version: '1', bytes: Buffer.from(name) })),
      index + 1,
    );
  });
  const version = history.now.select(names).version;
  const held = history.heldAt(names, version);
  return [...(held?.entries.values() ?? [])].map((entry) =>
    entry.version === IN_DOUBT ? `${entry.name}?` : entry.name,
  );
}

test.each([
  ['nothing else was served since', ['ab'], ['a', 'b']],
  ['one of them came later', ['a', 'ab'], ['a', 'b']],
  ['one of them was away in between', ['ab', 'a', 'ab'], ['a', 'b?']],
  ['all were', ['ab', '', 'ab'], ['a?', 'b?']],
])('a node that comes back by version, where %s', (_, states, held) => {
  expect(takenToHold(XDS_TYPES.EDS, states)).toEqual(held);
});

test('the version of a full state says all of it', () => {
  expect(takenToHold(XDS_TYPES.CDS, ['ab', 'a', 'ab'])).toEqual(['a', 'b']);
});
