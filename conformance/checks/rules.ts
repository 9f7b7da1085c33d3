/** The finding rules of checks; `docs/errors/checks.md` explains each. */
export const CHECK_RULES = [
  {
    code: 'check-syntax',
    severity: 'error',
    summary: 'A check is not written as checks are: an unknown key, a value of the wrong kind, something missing.',
  },
  {
    code: 'check-unknown-name',
    severity: 'error',
    summary: 'A check names a listener, cluster, host or stage that is not there.',
  },
  { code: 'check-duplicate-name', severity: 'error', summary: 'Two checks that apply to the same cell have one name.' },
  {
    code: 'check-envoy-range',
    severity: 'error',
    summary: 'The range of Envoy versions of a check is not a semver range.',
  },
  { code: 'check-contradiction', severity: 'error', summary: 'Two settings of a check exclude each other.' },
  {
    code: 'check-health-unchecked',
    severity: 'error',
    summary: 'A check lets health checks fail where the cluster has none.',
  },
  {
    code: 'check-repeat-too-small',
    severity: 'error',
    summary: 'So few requests cannot tell the stated share from its half or its double.',
  },
  { code: 'check-unreachable', severity: 'error', summary: 'A request of a check got no answer at all.' },
  { code: 'check-status', severity: 'error', summary: 'The HTTP status of an answer is not the expected one.' },
  { code: 'check-grpc-status', severity: 'error', summary: 'The gRPC status of an answer is not the expected one.' },
  { code: 'check-header', severity: 'error', summary: 'A header of an answer is not as expected.' },
  { code: 'check-body', severity: 'error', summary: 'The body of an answer is not as expected.' },
  { code: 'check-cluster', severity: 'error', summary: 'Another cluster than the expected one answered, or none did.' },
  { code: 'check-attempts', severity: 'error', summary: 'A request reached hosts more or less often than expected.' },
  {
    code: 'check-mirror',
    severity: 'error',
    summary:
      'A cluster did not receive the copies (shadow traffic) that it should have, or received some that it should not.',
  },
  {
    code: 'check-upstream-request',
    severity: 'error',
    summary: 'A request did not reach the host as expected (headers, path, host).',
  },
  {
    code: 'check-shares',
    severity: 'error',
    summary: 'The shares of traffic per cluster are further from the stated ones than chance explains.',
  },
  { code: 'check-latency', severity: 'error', summary: 'Answers took less or more time than stated.' },
  { code: 'check-stats', severity: 'error', summary: 'An Envoy counter or gauge is not as expected.' },
  { code: 'check-access-log', severity: 'error', summary: 'No access-log line has the expected fields.' },
  { code: 'check-span', severity: 'error', summary: 'No span that reached a collector is as expected.' },
  { code: 'check-unhealthy', severity: 'error', summary: 'A host of a health-checked cluster did not turn healthy.' },
  {
    code: 'check-health-unseen',
    severity: 'error',
    summary: 'Envoy did not take a host whose health checks fail for unhealthy in time.',
  },
  {
    code: 'script-failed',
    severity: 'error',
    summary: 'A check script ended with another exit code than 0, or by a signal.',
  },
  { code: 'script-timeout', severity: 'error', summary: 'A check script did not end in time.' },
  {
    code: 'script-not-runnable',
    severity: 'error',
    summary: 'A check script could not be started: no interpreter, or no permission.',
  },
  { code: 'script-header', severity: 'error', summary: 'The "mesh:" comment of a check script is not as it must be.' },
  {
    code: 'script-not-executable',
    severity: 'warning',
    summary: 'A file of checks/ looks like a script but has no run bit, so it is not run.',
  },
] as const;
export type CheckRule = (typeof CHECK_RULES)[number]['code'];
