import { Range } from 'semver';
import type { Finding } from '../../../render/finding.ts';
import { isJsonObject, type JsonObject, type JsonPath, type JsonValue } from '../../../render/json.ts';
import { keyLocation, locate } from '../../../render/places.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import { leastRequests, MAX_REPEAT, untoldShare } from '../judge/share-tolerance.ts';
import type { CheckRule } from '../rules.ts';
import { arrangementFaults } from './arrangement-faults.ts';
import type { WrittenCheck } from './check-schema.ts';
import type { KnownNames, Subject } from './check-subject.ts';
import { unknownClusters, unknownListener, unknownStages } from './named-things.ts';
import { shown } from './shape-findings.ts';

const appliesTo = ({ stages }: WrittenCheck, { snapshot }: KnownNames): boolean =>
  snapshot !== undefined && (stages === undefined || [stages].flat().includes(snapshot.stage));

function envoyRange({ written, fault }: Subject): readonly Finding[] {
  if (written.envoy === undefined) return [];
  try {
    new Range(written.envoy);
    return [];
  } catch {
    return [
      fault(
        'check-envoy-range',
        ['envoy'],
        shown(written.envoy),
        'a semver range such as ">=1.38", "~1.39.0" or ">=1.37 <1.40"',
      ),
    ];
  }
}

function contradictions({ written, fault }: Subject): readonly Finding[] {
  const { expect, grpc } = written;
  const findings: Finding[] = [];
  const exclude = (path: JsonPath, saw: string, want: string): void => {
    findings.push(fault('check-contradiction', path, saw, want));
  };
  if (grpc) {
    for (const key of ['method', 'path', 'body'] as const)
      if (written[key] !== undefined)
        exclude([key], `${key} in a gRPC call`, 'grpc alone: it says the method, the path and the message');
    if (written.protocol === 'http/1.1')
      exclude(['protocol'], 'http/1.1 for a gRPC call', 'h2, which is the default for gRPC');
  } else if (expect.grpcStatus !== undefined)
    exclude(
      ['expect', 'grpcStatus'],
      'a gRPC status of a request that is no gRPC call',
      'grpc: { service, method } in the check',
    );
  if (expect.shares && expect.cluster !== undefined)
    exclude(['expect', 'cluster'], 'cluster and shares', 'one of them: shares name the clusters that answer');
  const { attempts, cluster, latency } = expect;
  if (typeof attempts === 'object' && (attempts.min ?? 0) > (attempts.max ?? Infinity))
    exclude(['expect', 'attempts'], `min ${attempts.min} above max ${attempts.max}`, 'min at most max');
  if (Array.isArray(cluster) && cluster.length === 0 && (attempts !== undefined || expect.upstream))
    exclude(
      ['expect', 'cluster'],
      'no cluster that answers, and something expected of a host',
      'either a cluster, or nothing about attempts and upstream',
    );
  if (latency && Object.keys(latency).length === 0) exclude(['expect', 'latency'], 'no bound', 'min, p50, p99 or max');
  return findings;
}

const RESERVED_HEADERS = ['host', 'content-length', 'transfer-encoding', 'connection', 'te', 'x-meshgate-request'];
function headerNames({ written, keyFault }: Subject): readonly Finding[] {
  return Object.keys(written.headers ?? {}).flatMap((name) => {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name))
      return [
        keyFault(
          'check-syntax',
          ['headers'],
          name,
          `the header name ${shown(name)}`,
          'letters, digits and dashes; the host, path and method have keys of their own',
        ),
      ];
    if (RESERVED_HEADERS.includes(name.toLowerCase()))
      return [
        keyFault(
          'check-contradiction',
          ['headers'],
          name,
          `the header ${name}`,
          name.toLowerCase() === 'host'
            ? 'host: beside headers'
            : 'no header that belongs to the connection or to Meshgate',
        ),
      ];
    return [];
  });
}

function regexFaults({ root, fault }: Subject): readonly Finding[] {
  const findings: Finding[] = [];
  const walk = (value: JsonValue | undefined, path: JsonPath): void => {
    if (!isJsonObject(value)) return;
    for (const [key, member] of Object.entries(value)) {
      if (key !== 'regex' || typeof member !== 'string') walk(member, [...path, key]);
      else
        try {
          new RegExp(member, 'u');
        } catch (error) {
          findings.push(
            fault(
              'check-syntax',
              [...path, key],
              shown(member),
              `a JavaScript regular expression (${(error as Error).message})`,
            ),
          );
        }
    }
  };
  for (const key of ['headers', 'body', 'upstream', 'accessLog'])
    walk((root.expect as JsonObject)[key], ['expect', key]);
  return findings;
}

function shareFaults({ written, fault }: Subject): readonly Finding[] {
  const { shares, mirroredTo } = written.expect;
  const repeat = written.repeat ?? 1;
  const findings: Finding[] = [];
  if (shares) {
    const sum = Object.values(shares).reduce((total, percent) => total + percent, 0);
    if (Math.abs(sum - 100) > 0.01) {
      findings.push(
        fault('check-contradiction', ['expect', 'shares'], `percentages that sum to ${Number(sum.toFixed(4))}`, '100'),
      );
      return findings;
    }
  }
  const copies = isJsonObject(mirroredTo) ? mirroredTo : undefined;
  for (const [key, percents] of [
    ['shares', shares],
    ['mirroredTo', copies],
  ] as const) {
    const untold = percents && untoldShare(percents, repeat);
    if (!untold) continue;
    const least = leastRequests(percents);
    const want =
      least === undefined
        ? `a larger share: even ${MAX_REPEAT} requests are too few`
        : `repeat: ${least} or more, which tells every share from its half and its double without false alarms`;
    const path = written.repeat === undefined ? ['expect', key] : ['repeat'];
    findings.push(
      fault(
        'check-repeat-too-small',
        path,
        `repeat ${repeat}, which cannot tell ${untold.percent} % for ${untold.cluster} from ${untold.otherPercent} %`,
        want,
      ),
    );
  }
  return findings;
}

/** In the order in which they are reported. */
const PROBLEMS: readonly ((subject: Subject) => readonly Finding[])[] = [
  unknownStages,
  envoyRange,
  unknownListener,
  unknownClusters,
  arrangementFaults,
  contradictions,
  headerNames,
  regexFaults,
  shareFaults,
];

/** Everything wrong with a check that has the right shape. */
export function checkProblems(
  root: JsonObject,
  written: WrittenCheck,
  known: KnownNames,
  at: SourceLocation,
): readonly Finding[] {
  const finding = (rule: CheckRule, place: SourceLocation | undefined, saw: string, want: string): Finding => ({
    rule,
    severity: 'error',
    at: place ?? at,
    saw,
    want,
  });
  const containerAt = (path: JsonPath): JsonValue | undefined =>
    path.reduce<JsonValue | undefined>((value, step) => (isJsonObject(value) ? value[String(step)] : undefined), root);
  const subject: Subject = {
    root,
    written,
    known,
    applies: appliesTo(written, known),
    fault: (rule, path, saw, want) => finding(rule, locate(root, path), saw, want),
    keyFault: (rule, path, key, saw, want) => {
      const container = containerAt(path);
      return finding(rule, isJsonObject(container) ? keyLocation(container, key) : undefined, saw, want);
    },
  };
  return PROBLEMS.flatMap((problem) => problem(subject));
}
