import type { Check, RequestCheck } from '../../../../conformance/checks/check.ts';
import { deriveDefaultChecks } from '../../../../conformance/checks/default/derive-default-checks.ts';
import type { JsonObject } from '../../../../render/json.ts';
import type { Snapshot } from '../../../../render/snapshot.ts';
import { cluster, listener, managed, snapshotOf } from '../../snapshot-of.ts';

/** A listener `edge` with one virtual host `site` of these routes; clusters `a`, `b` and `c` have a host each. */
export const edge = (
  routes: readonly JsonObject[],
  manager: JsonObject = {},
  more: Partial<Parameters<typeof snapshotOf>[0]> = {},
): Snapshot =>
  snapshotOf({
    listener: [
      listener('edge', [
        {
          filters: [
            managed(
              { routeConfig: { name: 'r', virtualHosts: [{ name: 'site', domains: ['*'], routes: [...routes] }] } },
              manager,
            ),
          ],
        },
      ]),
    ],
    cluster: [cluster('a'), cluster('b'), cluster('c')],
    ...more,
  });

export const requestOf = (checks: readonly Check[], name: string): RequestCheck => {
  const check = checks.find((candidate) => candidate.name === name);
  if (check?.kind !== 'request')
    throw new Error(`no request check ${name} but ${JSON.stringify(check ?? checks.map((known) => known.name))}`);
  return check;
};

export const reasonOf = (checks: readonly Check[], name: string): string | undefined => {
  const check = checks.find((candidate) => candidate.name === name);
  return check?.kind === 'uncheckable' ? check.reason : undefined;
};

/** `GET meshgate.test/path {header: value}` → the clusters or the status that is expected. */
export function summaryOf(check: Check): string {
  if (check.kind === 'uncheckable') return `uncheckable: ${check.reason}`;
  if (check.kind !== 'request') return check.kind;
  const { request, expect } = check;
  const headers = Object.keys(request.headers).length === 0 ? '' : ` ${JSON.stringify(request.headers)}`;
  const outcome = expect.answeredBy?.length
    ? expect.answeredBy.join('|')
    : String(expect.status?.[0]?.from ?? 'anything');
  return `${request.grpc ? 'grpc' : request.method} ${request.authority}${request.path}${headers} → ${outcome}`;
}

export const summariesOf = (snapshot: Snapshot): readonly string[] => deriveDefaultChecks(snapshot).map(summaryOf);
