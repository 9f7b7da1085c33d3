import type { Finding } from '../../render/finding.ts';
import type { Instance } from '../../render/generators/instance.ts';
import type { JsonObject } from '../../render/json.ts';
import { locationOf } from '../../render/places.ts';
import { objectsAt, textsAt } from '../../render/read-json.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';

/** Who has a domain: the promoted snapshot, or an instance. */
export type Holder = 'written' | Instance;
export type Rival = {
  readonly holder: Holder;
  readonly into: string;
  readonly domain: string;
  readonly body: JsonObject;
};

/**
 * Which domains of which route configuration somebody has, as Envoy compares them. The guards find the same, but by a judgement of the whole
 * stage for each service that wants one: seconds where many do.
 */
export class ClaimedDomains {
  readonly #holders = new Map<string, Holder>();

  constructor(base: Snapshot, taken: readonly Instance[]) {
    for (const { name, body } of resourcesOf(base, 'route'))
      for (const host of objectsAt(body, 'virtualHosts')) this.#hold(name, host, 'written');
    for (const instance of taken) this.claim(instance);
  }

  /** Undefined: it has all that it wants from now on. Else the first domain that it cannot have; then it has none. */
  claim(instance: Instance): Rival | undefined {
    for (const { into, body } of instance.virtualHosts)
      for (const domain of textsAt(body, 'domains')) {
        const holder = this.#holders.get(keyOf(into, domain));
        if (holder) return { holder, into, domain, body };
      }
    for (const { into, body } of instance.virtualHosts) this.#hold(into, body, instance);
    return undefined;
  }

  #hold(into: string, host: JsonObject, holder: Holder): void {
    for (const domain of textsAt(host, 'domains')) this.#holders.set(keyOf(into, domain), holder);
  }
}

/** The finding of the guard of that name, which would have come to the same. */
export const claimedFinding = ({ holder, into, domain, body }: Rival): Finding => ({
  rule: 'duplicate-domain',
  severity: 'error',
  at: locationOf(body) ?? { file: 'templates', line: 1, column: 1 },
  saw: `domain ${domain} a second time; ${holder === 'written' ? 'it is written' : `service ${holder.service} has it`}`,
  want: 'each domain in one virtual host only',
  resource: `route ${into}`,
});

const keyOf = (into: string, domain: string): string => `${into}\0${domain.toLowerCase()}`;
