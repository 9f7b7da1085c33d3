import type { EnginePorts } from '../../pipeline/engine/ports.ts';
import type { FleetView } from '../../pipeline/observe/fleet-view.ts';
import type { ServiceMap } from '../../pipeline/observe/service-map.ts';
import type { OpenStore } from '../../pipeline/store/open-store.ts';
import type { ControlPlanes } from './control-planes.ts';

/** What the pages are made of. */
export type BoardPorts = Pick<EnginePorts, 'clock' | 'source' | 'revisions'> & {
  readonly store: OpenStore;
  readonly fleet: FleetView;
  readonly serviceMap: ServiceMap;
  readonly controlPlanes: ControlPlanes;
  /** `https://acme.slack.com`; undefined: no page links to Slack. */
  readonly slackUrl: string | undefined;
};
