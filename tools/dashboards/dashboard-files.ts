import { controlPlane } from './control-plane.ts';
import { type DashboardSpec, dashboardOf } from './dashboard.ts';
import { envoys } from './envoys.ts';
import { promotions } from './promotions.ts';
import { serviceMap, services } from './traffic.ts';

export const DASHBOARDS: readonly DashboardSpec[] = [services, serviceMap, envoys, controlPlane, promotions];

/** The files of `deploy/observability/dashboards/`, by their names. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(DASHBOARDS.map((spec) => [`${spec.uid}.json`, `${JSON.stringify(dashboardOf(spec), null, 2)}\n`]));
