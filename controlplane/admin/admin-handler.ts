import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { wantOneOf } from '../../render/nearest-names.ts';
import type { StageServer } from '../serve/stage-server.ts';
import { trafficView } from '../telemetry/traffic-view.ts';
import { turns } from '../turns.ts';
import { wantOwnHost, wantToken } from './access.ts';
import { adminMetrics } from './admin-metrics.ts';
import { AdminRefusal } from './admin-refusal.ts';
import { type Asked, askedBy, objectOf, queryOf, wantMethod } from './admin-request.ts';
import { discoveryView } from './discovery-view.ts';
import { orderDrain } from './drain-order.ts';
import { type ClusterEndpoints, endpointsView } from './endpoints-view.ts';
import { type FleetView, fleetView } from './fleet-view.ts';
import { processBeganEpochMs } from './process-metrics.ts';
import { type MetricFamily, metricPieces, OPENMETRICS_TEXT, PROMETHEUS_TEXT } from './prometheus-text.ts';
import { byOf, orderRamp, RAMP_ORDERS } from './ramp-order.ts';
import { SHORT_TYPES, typeUrlNamed } from './short-type.ts';
import { snapshotView } from './snapshot-view.ts';

export type AdminHandlerOptions = {
  readonly server: StageServer;
  readonly nowEpochMs: () => number;
  /** Where it listens, as a person wrote it. */
  readonly host: string;
  /** Asked for as `authorization: Bearer …`, but not by the health endpoints. Without it, requests must name this machine as their host. */
  readonly token?: string;
  readonly say: (line: string) => void;
};

type Answer = { readonly status: number; readonly body: unknown } | { readonly text: string; readonly type: string };

const ok = (body: unknown): Answer => ({ status: 200, body });

const PATHS = [
  'healthz',
  'readyz',
  'metrics',
  'fleet',
  'snapshot',
  'endpoints',
  'discovery',
  'ramp',
  'generators',
  'traffic',
];

/**
 * The admin API of a control plane. `GET /healthz`, `/readyz`, `/metrics`, `/fleet`, `/snapshot`, `/endpoints`, `/discovery`, `/ramp`, `/generators`,
 * `/traffic`;
 * `POST /drain`, `/ramp/CLUSTER/hold|release|hurry` with `{"by":"…"}`. What is no success is `{"problem":"…"}`.
 */
export function adminHandler(options: AdminHandlerOptions): RequestListener {
  const beganEpochMs = processBeganEpochMs(options.nowEpochMs());
  return (request, response) => {
    answer({ ...options, beganEpochMs }, request)
      .then((given) => send(request, response, given))
      .catch((fault: unknown) => {
        if (response.headersSent) return void response.destroy();
        const refusal = fault instanceof AdminRefusal ? fault : new AdminRefusal(500, 'the admin API failed');
        if (refusal !== fault)
          options.say(`the admin API failed: ${fault instanceof Error ? fault.message : 'unknown'}`);
        // What is left of a body is not read.
        if (!request.complete) response.setHeader('connection', 'close');
        for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
        send(request, response, { status: refusal.status, body: { problem: refusal.message } });
      });
  };
}

async function answer(
  options: AdminHandlerOptions & { readonly beganEpochMs: number },
  request: IncomingMessage,
): Promise<Answer> {
  const { server, token, beganEpochMs } = options;
  if (token === undefined) wantOwnHost(request.headers.host, options.host);
  const asked = askedBy(request);
  const [first = '', ...more] = asked.parts;
  if (more.length === 0 && (first === 'healthz' || first === 'readyz')) {
    // Probes send what they like after the path.
    wantMethod(asked.method, 'GET', 'HEAD');
    return first === 'healthz' ? ok({ alive: true }) : readiness(server);
  }
  if (token !== undefined) wantToken(token, request.headers.authorization);
  if (first === 'ramp') return await ramp(server, asked, request);
  if (first === 'drain' && more.length === 0) {
    wantMethod(asked.method, 'POST');
    queryOf(asked.query, []);
    return ok(orderDrain(server, await objectOf(request), options.say));
  }
  if (more.length > 0 || !PATHS.includes(first))
    throw new AdminRefusal(
      404,
      `want ${wantOneOf(
        'a path of the admin API',
        `/${first}`,
        PATHS.map((path) => `/${path}`),
      )}`,
    );
  wantMethod(asked.method, 'GET', 'HEAD');
  switch (first) {
    case 'metrics':
      return await metricsText(adminMetrics(server, beganEpochMs), request.headers.accept);
    case 'traffic':
      queryOf(asked.query, []);
      return ok(trafficView(server.telemetry));
    case 'discovery':
      queryOf(asked.query, []);
      return ok({ stage: server.stage, clusters: discoveryView(server) });
    case 'fleet':
      return ok(fleetOf(server, asked));
    case 'generators':
      queryOf(asked.query, []);
      return ok({ stage: server.stage, generators: server.generators() });
    case 'snapshot':
      return ok(snapshotOf(server, asked));
    default:
      return ok({ clusters: endpointsOf(server, asked) });
  }
}

/** Prometheus asks for OpenMetrics first; only there exemplars are told. */
async function metricsText(families: readonly MetricFamily[], accept: string | undefined): Promise<Answer> {
  const isOpen = accept?.includes('application/openmetrics-text') ?? false;
  const breathe = turns();
  const pieces: string[] = [];
  for (const piece of metricPieces(families, isOpen)) {
    pieces.push(piece);
    await breathe();
  }
  return { text: pieces.join(''), type: isOpen ? OPENMETRICS_TEXT : PROMETHEUS_TEXT };
}

function readiness(server: StageServer): Answer {
  const { servedDigest, problem, isDraining } = server.state();
  const ready = servedDigest !== undefined && !isDraining;
  const why = isDraining ? { problem: 'it is being drained' } : { problem };
  return { status: ready ? 200 : 503, body: { ready, stage: server.stage, servedDigest, ...why } };
}

function fleetOf(server: StageServer, { query }: Asked): FleetView {
  const { node, state } = queryOf(query, ['node', 'state']);
  const view = fleetView(server);
  const nodes = view.nodes.filter(
    (one) => (node === undefined || one.node === node) && (state === undefined || one.state === state),
  );
  if (node !== undefined && nodes.length === 0) throw new AdminRefusal(404, `no such node: ${node.slice(0, 200)}`);
  return { ...view, nodes };
}

const nothingServed = (): AdminRefusal => new AdminRefusal(503, 'nothing is served yet; /readyz says why');

function snapshotOf(server: StageServer, { query }: Asked): unknown {
  const { type } = queryOf(query, ['type']);
  const typeUrl = type === undefined ? undefined : typeUrlNamed(type);
  if (type !== undefined && typeUrl === undefined)
    throw new AdminRefusal(400, `type: want ${wantOneOf('a type', type.slice(0, 100).toUpperCase(), SHORT_TYPES)}`);
  const view = snapshotView(server, typeUrl);
  if (!view) throw nothingServed();
  return view;
}

/** Of one cluster with the log of its ramp; of all of them without. */
function endpointsOf(server: StageServer, { query }: Asked): readonly unknown[] {
  const { cluster } = queryOf(query, ['cluster']);
  const clusters = endpointsView(server);
  if (!clusters) throw nothingServed();
  if (cluster === undefined) return clusters.map(withoutLog);
  const found = clusters.filter((one) => one.cluster === cluster);
  if (found.length > 0) return found;
  const names = clusters.map((one) => one.cluster);
  throw new AdminRefusal(
    404,
    `cluster ${cluster.slice(0, 200)}: want ${wantOneOf('one that is served', cluster, names)}`,
  );
}

function withoutLog({ ramp, ...rest }: ClusterEndpoints): unknown {
  return { ...rest, ...(ramp ? { ramp: { ...ramp, log: undefined } } : {}) };
}

async function ramp(server: StageServer, asked: Asked, request: IncomingMessage): Promise<Answer> {
  const [, cluster, word] = asked.parts;
  if (cluster === undefined) {
    wantMethod(asked.method, 'GET', 'HEAD');
    queryOf(asked.query, []);
    const views = [...(server.hosts?.views() ?? [])];
    return ok({ stage: server.stage, ramps: views.map(([name, view]) => ({ cluster: name, ramp: view.ramp })) });
  }
  const order = RAMP_ORDERS.find((one) => one === word);
  if (!order || asked.parts.length > 3)
    throw new AdminRefusal(404, `want /ramp or /ramp/CLUSTER/${RAMP_ORDERS.join('|')}`);
  wantMethod(asked.method, 'POST');
  queryOf(asked.query, []);
  const ordered = await orderRamp(server.hosts, cluster, order, byOf(await objectOf(request)));
  return { status: ordered.isTaken ? 200 : 202, body: ordered };
}

function send(request: IncomingMessage, response: ServerResponse, given: Answer): void {
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  const [type, text] =
    'text' in given ? [given.type, given.text] : ['application/json', `${JSON.stringify(given.body)}\n`];
  response.setHeader('content-type', type);
  response.statusCode = 'text' in given ? 200 : given.status;
  response.end(request.method === 'HEAD' ? undefined : text);
}
