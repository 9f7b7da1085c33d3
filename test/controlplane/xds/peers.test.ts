import { expect, test } from 'vitest';
import type { XdsNode } from '../../../controlplane/xds/discovery-messages.ts';
import { newNodeMemory } from '../../../controlplane/xds/node-memory.ts';
import { Peers } from '../../../controlplane/xds/peers.ts';

const nodeOf = (id: string): XdsNode => ({ id, cluster: '', metadata: {}, version: '' });

test('of many that went away those are kept that went last, and whoever is there', () => {
  const peers = new Peers(true, 2);
  const names = () => [...peers.all()].map(({ name }) => name);
  const join = (id: string) => {
    const peer = peers.join(nodeOf(id), true, newNodeMemory);
    peers.here(peer);
    return peer;
  };
  const here = join('here');
  const [a, b] = [join('a'), join('b')];
  peers.left(a);
  peers.left(b);
  // It comes back, and goes again: it is not the first to have gone any more.
  expect(join('a')).toBe(a);
  peers.left(a);
  expect(names()).toEqual(['here', 'a', 'b']);
  peers.left(join('c'));
  expect(names()).toEqual(['here', 'a', 'c']);
  expect([peers.ofNode('b'), peers.ofNode('a'), peers.ofNode('here')]).toEqual([[], [a], [here]]);
  peers.forget('a');
  peers.left(join('d'));
  expect(names()).toEqual(['here', 'c', 'd']);
});
