import type { ActiveBehaviour } from './active-behaviour.ts';
import type {
  HealthCheckAnswer,
  HealthState,
  HostKey,
  ProxyProtocolHeader,
  ReceivedRequest,
  StandInSpec,
} from './stand-in.ts';

/** `receive` is what a healthy host sends once `send` has arrived; either may be empty. */
export type TcpHealthCheck = { readonly send: Buffer; readonly receive: Buffer };

/** What one stand-in is at the moment, whoever talks to it. */
export class StandInState {
  readonly key: HostKey;
  /** `cluster` and `address:port` as header values. */
  readonly clusterHeader: string;
  readonly hostHeader: string;
  /** The first members of the JSON that ordinary answers carry, without the closing brace. */
  readonly answerStart: string;
  readonly healthCheckPaths = new Map<string, HealthCheckAnswer | undefined>();
  readonly names = { dns: new Set<string>(), uri: new Set<string>(), ip: new Set<string>() };
  tcpHealthChecks: readonly TcpHealthCheck[] = [];
  health: HealthState = 'serving';
  healthChecks = 0;
  behaviour: ActiveBehaviour | undefined;
  /** Told of each change of health: open `grpc.health.v1.Health/Watch` calls. */
  readonly watchers = new Set<() => void>();

  constructor(key: HostKey) {
    this.key = key;
    this.clusterHeader = headerText(key.cluster);
    this.hostHeader = headerText(`${key.address}:${key.port}`);
    const { cluster, address, port } = key;
    this.answerStart = JSON.stringify({ cluster, host: `${address}:${port}` }).slice(0, -1);
  }

  /** Learns what another spec of the same host wants; true if its certificate must vouch for more than before. */
  widen(spec: StandInSpec): boolean {
    for (const path of spec.healthCheckPaths) this.healthCheckPaths.set(path, spec.healthCheckAnswers?.[path]);
    const checks = spec.tcpHealthChecks.map(({ send, receive }) => ({
      send: Buffer.from(send, 'hex'),
      receive: Buffer.from(receive.join(''), 'hex'),
    }));
    const known = (check: TcpHealthCheck) =>
      this.tcpHealthChecks.some((other) => other.send.equals(check.send) && other.receive.equals(check.receive));
    this.tcpHealthChecks = [...this.tcpHealthChecks, ...checks.filter((check) => !known(check))];
    const before = this.#nameCount();
    for (const kind of ['dns', 'uri', 'ip'] as const)
      for (const name of spec.certificateNames[kind]) this.names[kind].add(name);
    return this.#nameCount() > before;
  }

  setHealth(health: HealthState): void {
    if (this.health === health) return;
    this.health = health;
    for (const tell of this.watchers) tell();
  }

  /** Envoy's HTTP health checker names itself; the same path asked for by anybody else is traffic. */
  isHealthCheck(path: string, userAgent: string | undefined): boolean {
    return userAgent?.startsWith('Envoy/HC') === true && this.healthCheckPaths.has(path);
  }

  get onlyConnectIsChecked(): boolean {
    return this.tcpHealthChecks.some(({ send, receive }) => send.length === 0 && receive.length === 0);
  }

  #nameCount(): number {
    return this.names.dns.size + this.names.uri.size + this.names.ip.size;
  }
}

/** What holds for every request of one connection. */
export type Connection = {
  readonly standIn: StandInState;
  readonly tls: ReceivedRequest['tls'];
  readonly proxyProtocol: ProxyProtocolHeader | undefined;
};

/** Cluster names may hold anything; a header value may not. */
const headerText = (text: string): string => text.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
