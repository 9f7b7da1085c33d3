import type { Finding } from '../finding.ts';
import type { PlaceOf } from './access-config-of.ts';
import type { MeshFile } from './mesh-schema.ts';

/** URLs of `mesh.yaml` stand in reports, messages and the audit log; secrets come from the environment or from files. */
export function urlFindings(mesh: MeshFile, at: PlaceOf): Finding[] {
  const urls: { readonly url: string | undefined; readonly path: readonly (string | number)[] }[] = [
    { url: mesh.remote, path: ['remote'] },
    ...questions(mesh.observe, ['observe']),
    ...mesh.stages.flatMap(({ observe, target }, index) => [
      ...questions(observe, ['stages', index, 'observe']),
      ...(target?.kind === 'central-dogma' ? [{ url: target.url, path: ['stages', index, 'target', 'url'] }] : []),
      ...(target?.kind === 's3' ? [{ url: target.endpoint, path: ['stages', index, 'target', 'endpoint'] }] : []),
      ...(target?.kind === 'git' ? [{ url: target.repository, path: ['stages', index, 'target', 'repository'] }] : []),
    ]),
  ];
  return urls
    .filter(({ url }) => url !== undefined && holdsSecret(url))
    .map(({ path }) => ({
      rule: 'url-with-credentials',
      severity: 'error',
      at: at(...path),
      // What it holds is not repeated: findings are shown to many.
      saw: 'a URL with a user name, password or token in it',
      want: 'a URL without; credentials are given to Meshgate by its environment',
    }));
}

const questions = (observe: MeshFile['observe'], path: readonly (string | number)[]) =>
  (observe?.prometheus ?? []).map(({ url }, index) => ({ url, path: [...path, 'prometheus', index, 'url'] }));

const SECRET_PARAMETER = /(?:token|password|passwd|secret|api_?key|credential|signature)/i;

function holdsSecret(text: string): boolean {
  const url = URL.parse(text);
  if (!url) return false;
  // git over ssh names its login in the URL (`ssh://git@host/…`): no secret without a password
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) return true;
  return [...url.searchParams.keys()].some((name) => SECRET_PARAMETER.test(name));
}
