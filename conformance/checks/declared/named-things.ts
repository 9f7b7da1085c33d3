import type { Finding } from '../../../render/finding.ts';
import { isJsonObject, type JsonPath } from '../../../render/json.ts';
import { wantOneOf } from '../../../render/nearest-names.ts';
import { resourcesOf } from '../../../render/snapshot.ts';
import type { WrittenCheck } from './check-schema.ts';
import type { Subject } from './check-subject.ts';

export function unknownStages({ written, known, fault }: Subject): readonly Finding[] {
  if (written.stages === undefined || known.stages === undefined) return [];
  const isList = Array.isArray(written.stages);
  return [written.stages]
    .flat()
    .flatMap((stage, index) =>
      known.stages?.includes(stage)
        ? []
        : [
            fault(
              'check-unknown-name',
              isList ? ['stages', index] : ['stages'],
              `the stage "${stage}"`,
              wantOneOf('a stage of mesh.yaml', stage, known.stages ?? []),
            ),
          ],
    );
}

export function unknownListener({ written, known, applies, fault }: Subject): readonly Finding[] {
  if (!applies || !known.snapshot) return [];
  const names = resourcesOf(known.snapshot, 'listener').map(({ name }) => name);
  if (names.includes(written.listener)) return [];
  return [
    fault(
      'check-unknown-name',
      ['listener'],
      `the listener "${written.listener}"`,
      wantOneOf('a listener of the snapshot', written.listener, names),
    ),
  ];
}

/** Every cluster that the check names, with the path and, where it is a key, the key. */
function namedClusters({
  upstream,
  expect,
}: WrittenCheck): readonly { readonly name: string; readonly path: JsonPath; readonly isKey: boolean }[] {
  const keys = (path: JsonPath, of: unknown) =>
    isJsonObject(of) ? Object.keys(of).map((name) => ({ name, path, isKey: true })) : [];
  const values = (path: JsonPath, of: unknown) =>
    typeof of === 'string'
      ? [{ name: of, path, isKey: false }]
      : Array.isArray(of)
        ? of.map((name: string, index) => ({ name, path: [...path, index], isKey: false }))
        : [];
  return [
    ...keys(['upstream'], upstream),
    ...values(['expect', 'cluster'], expect.cluster),
    ...values(['expect', 'mirroredTo'], expect.mirroredTo),
    ...keys(['expect', 'mirroredTo'], expect.mirroredTo),
    ...keys(['expect', 'shares'], expect.shares),
  ];
}

export function unknownClusters({ written, known, applies, fault, keyFault }: Subject): readonly Finding[] {
  if (!applies || !known.snapshot) return [];
  const names = resourcesOf(known.snapshot, 'cluster').map(({ name }) => name);
  return namedClusters(written).flatMap(({ name, path, isKey }) => {
    if (names.includes(name)) return [];
    const want = wantOneOf('a cluster of the snapshot', name, names);
    const saw = `the cluster "${name}"`;
    return [
      isKey ? keyFault('check-unknown-name', path, name, saw, want) : fault('check-unknown-name', path, saw, want),
    ];
  });
}
