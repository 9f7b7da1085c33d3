// Writes the Grafana dashboards of deploy/observability/dashboards/.
//
//   node tools/write-dashboards.ts
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dashboardFiles } from './dashboards/dashboard-files.ts';

const folder = join(resolve(import.meta.dirname, '..'), 'deploy/observability/dashboards');
for (const [name, text] of dashboardFiles()) writeFileSync(join(folder, name), text);
