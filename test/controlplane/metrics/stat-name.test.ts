import { expect, test } from 'vitest';
import { statName } from '../../../controlplane/metrics/stat-name.ts';
import { statNameOf } from '../../../controlplane/ramp/stat-name.ts';
import { edsCluster } from '../xds/small-mesh.ts';

/** As Envoys 1.36 and 1.40 said. */
test.each([
  ['cart', 'cart'],
  ['cart:8080', 'cart_8080'],
  ['a://b:80/x', 'a_b_80/x'],
  ['c:/d::e', 'c_d__e'],
  ['.api.example.', '.api.example'],
  ['sp ace|b', 'sp ace|b'],
])('a cluster %s is %s in the metrics of an Envoy', (name, said) => {
  expect(statName(name)).toBe(said);
  expect(statNameOf(edsCluster(name))).toBe(said);
  expect(statNameOf(edsCluster('other', { altStatName: name }))).toBe(said);
});
