import type { LogTexts } from '../../../../controlplane/access-logs/log-entry.ts';
import type { LoggedBy } from '../../../../controlplane/access-logs/out/access-log-out.ts';
import { entry, node } from '../../telemetry/entry.ts';

/** A logged request for `path`, as an `AccessLogOut` is given it. */
export const logged = (
  path: string,
  texts: Partial<LogTexts> = {},
  more: Parameters<typeof entry>[0] = {},
): LoggedBy => ({
  node: node('web'),
  stage: 'canary',
  direction: { source: 'web', destination: 'cart', reporter: 'caller' },
  atEpochMs: 1_800_000_000_500,
  entry: entry({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    ...more,
    texts: {
      method: 'GET',
      scheme: 'https',
      authority: 'shop.example:8443',
      path,
      protocol: '2',
      userAgent: 'curl/8',
      requestId: 'a-b',
      requestBytes: 1,
      responseBytes: 2,
      clientAddress: '[fd00::9]:4711',
      upstreamAddress: '10.0.0.1:80',
      upstreamFault: '',
      terminationDetails: '',
      ...texts,
    },
  }),
});
