import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpEndpoint } from '../http/http-api.ts';
import { tokenFile } from '../http/token-file.ts';

/** Where a pod finds its service account: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API server of the cluster that this process runs in. `host` and `port` are the pod's `KUBERNETES_SERVICE_HOST` and
 * `KUBERNETES_SERVICE_PORT`. Rejects where there is no service account.
 */
export async function inClusterEndpoint(host: string, port: string, folder = SERVICE_ACCOUNT): Promise<HttpEndpoint> {
  const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
  const inUrl = host.includes(':') ? `[${host}]` : host;
  return { url: `https://${inUrl}:${port}`, ca, token: tokenFile(join(folder, 'token')) };
}
