import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubernetesApi, kubernetesSource } from '../../controlplane/discovery/sources/kubernetes-source.ts';
import { Answers } from '../controlplane/discovery/answers.ts';
import { goProgram } from '../real/go-program.ts';
import { type Kubernetes, startKubernetes } from '../real/kubernetes.ts';

const ROOT = join(import.meta.dirname, '../..');
const MANIFESTS = join(ROOT, 'deploy/kubernetes');
/** Building the API server takes many minutes once; then it is kept. */
const FIRST_TIME_MS = 45 * 60_000;

type Resource = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly template?: { readonly metadata: object; readonly spec: object } };
};

let kubernetes: Kubernetes;
let kustomize: string;
beforeAll(async () => {
  kustomize = await goProgram(join(ROOT, 'tools/kubernetes/kustomize'));
  kubernetes = await startKubernetes();
}, FIRST_TIME_MS);
afterAll(() => kubernetes?.[Symbol.asyncDispose]());

async function resourcesOf(dir: string): Promise<readonly Resource[]> {
  const { stdout } = await execa(kustomize, [join(MANIFESTS, dir)]);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Resource);
}

const PLURALS: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' };
function pathOf({ apiVersion, kind, metadata }: Resource): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = kind === 'Namespace' ? '' : `/namespaces/${metadata.namespace}`;
  return `${base}${place}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}`;
}

/** As `kubectl apply --server-side --validate=strict`: a field that the API does not have is an error. */
const apply = (resource: Resource) =>
  kubernetes.ask(
    'PATCH',
    `${pathOf(resource)}/${resource.metadata.name}?fieldManager=test&fieldValidation=Strict`,
    resource,
    { type: 'application/apply-patch+yaml' },
  );

test.each(['example', 'sidecar'])('the API server takes all of %s, without a warning', async (dir) => {
  const resources = await resourcesOf(dir);
  expect(resources.length).toBeGreaterThan(4);
  for (const resource of resources) {
    const { status, body, warnings } = await apply(resource);
    const name = `${resource.kind} ${resource.metadata.name}`;
    expect({ name, status, warnings, said: status < 300 ? '' : body.message }).toEqual({
      name,
      status: status === 200 ? 200 : 201,
      warnings: [],
      said: '',
    });
  }
  // A Deployment is taken whatever its pods are: so each pod is made as its controller would, and held against the namespace's policy.
  for (const { kind, metadata, spec } of resources.filter(({ spec }) => spec?.template)) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...spec?.template?.metadata, name: `${metadata.name}-1` },
      spec: spec?.template?.spec,
    };
    const made = await kubernetes.ask(
      'POST',
      `/api/v1/namespaces/${metadata.namespace}/pods?fieldValidation=Strict`,
      pod,
    );
    expect([kind, metadata.name, made.status, made.body.message]).toEqual([kind, metadata.name, 201, undefined]);
  }
});

test('a pod that may more is refused by the namespace, and a field that there is not by the server', async () => {
  const [deployment] = (await resourcesOf('example')).filter(({ kind }) => kind === 'Deployment');
  if (!deployment) throw new Error('no Deployment');
  const spec = { ...deployment.spec?.template?.spec, hostNetwork: true };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'more' }, spec };
  expect(await kubernetes.ask('POST', '/api/v1/namespaces/meshgate/pods', pod)).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('violates PodSecurity "restricted:latest": host namespaces') },
  });
  const mistyped = { ...deployment, spec: { ...deployment.spec, replica: 3 } } as Resource;
  expect((await apply(mistyped)).body.message).toContain('.spec.replica: field not declared in schema');
});

test('every stage has its own control plane, and each replaces no other', async () => {
  const names = (await resourcesOf('example')).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
  for (const stage of ['beta', 'release'])
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy', 'ServiceAccount'])
      expect(names).toContain(`${kind}/meshgate-serve-${stage}`);
});

test('the control plane of beta finds the hosts of an app by its service account, and may read nothing else', async () => {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 10000 }],
    endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
  };
  const slices = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
  expect((await kubernetes.ask('POST', slices, slice)).status).toBe(201);
  const tokenOf = async (account: string): Promise<string> => {
    const path = `/api/v1/namespaces/meshgate/serviceaccounts/${account}/token`;
    const { body } = await kubernetes.ask('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    return (body.status as { readonly token: string }).token;
  };
  const token = await tokenOf('meshgate-serve-beta');
  for (const [path, status] of [
    [slices, 200],
    ['/api/v1/namespaces/shop/secrets', 403],
    ['/api/v1/namespaces/meshgate/secrets', 403],
    ['/apis/discovery.k8s.io/v1/endpointslices', 403],
  ] as const)
    expect([path, (await kubernetes.ask('GET', path, undefined, { token })).status]).toEqual([path, status]);
  const other = await tokenOf('meshgate-serve-release');
  expect((await kubernetes.ask('GET', slices, undefined, { token: other })).status).toBe(403);

  const api = kubernetesApi({ url: kubernetes.url, ca: kubernetes.ca, token: async () => token });
  const source = kubernetesSource({ namespace: 'shop', service: 'web', port: 'http' }, { api });
  await using answers = new Answers(source);
  await answers.until('10.1.2.3:10000 healthy');
  const more = { ...slice, endpoints: [...slice.endpoints, { addresses: ['10.1.2.4'], conditions: { ready: true } }] };
  expect((await kubernetes.ask('PUT', `${slices}/web-1`, more)).status).toBe(200);
  await answers.until('10.1.2.3:10000 healthy, 10.1.2.4:10000 healthy'); // by the watch, which the role allows
});

test('no manifest names an image by a tag of its own: the example does, in one place', () => {
  for (const file of globSync('{control-plane,worker,bot}/*.yaml', { cwd: MANIFESTS }))
    expect([file, readFileSync(join(MANIFESTS, file), 'utf8')]).not.toEqual([
      file,
      expect.stringMatching(/image: \S+:/),
    ]);
});
