import type { Mutation } from './mutations.ts';

const MANAGER = ['filter_chains', 0, 'filters', 0, 'typed_config'] as const;

/** As `MUTATIONS`, of the traces. */
export const TRACING_MUTATIONS: readonly Mutation[] = [
  {
    feature: 'traces of sidecars',
    file: 'templates/sidecar-outbound.yaml',
    path: ['resources', 'listeners', 0, ...MANAGER, 'tracing'],
    stage: 'release',
    check: 'a request goes on with the trace of its caller',
  },
  {
    feature: 'sidecars that hand on what callers want',
    file: 'templates/sidecar-outbound.yaml',
    path: ['resources', 'listeners', 0, ...MANAGER, 'tracing', 'provider'],
    stage: 'canary',
    check: 'a request whose caller wants no trace has none',
  },
  {
    feature: 'traces of what comes in',
    file: 'listeners/sidecar.yaml',
    path: [4, ...MANAGER, 'tracing'],
    stage: 'staging',
    check: 'what reaches the program beside the sidecar is traced',
  },
  {
    feature: 'an edge that believes no trace',
    file: 'listeners/edge.yaml',
    path: [...MANAGER, 'early_header_mutation_extensions'],
    stage: 'canary',
    check: 'the world begins no trace of its own',
  },
  {
    feature: 'all of beta sampled',
    file: 'values/beta.yaml',
    path: ['tracing', 'percent'],
    set: 0,
    stage: 'beta',
    check: 'the edge traces every request where all are sampled',
  },
];
