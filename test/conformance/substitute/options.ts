import type { SubstituteOptions } from '../../../conformance/substitute/rewriting.ts';
import { hostKeyText } from '../../../conformance/upstream/stand-in.ts';

/** Ports from 20000 in the order in which hosts are first asked for. */
export function testOptions(): SubstituteOptions & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    portOf(key) {
      const text = hostKeyText(key);
      if (!asked.includes(text)) asked.push(text);
      return 20_000 + asked.indexOf(text);
    },
    pki: { caCertificate: 'CA PEM', certificate: 'LEAF PEM', privateKey: 'KEY PEM' },
    scratchDir: '/scratch',
    upstreamHost: '127.0.0.1',
    listenHost: '127.0.0.1',
  };
}
