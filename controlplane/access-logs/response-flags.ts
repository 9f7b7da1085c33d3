/**
 * Envoy's letters for the fields of `envoy.data.accesslog.v3.ResponseFlags`, by field number.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#config-access-log-format-response-flags
 */
export const RESPONSE_FLAGS: ReadonlyMap<number, string> = new Map(
  [
    'LH',
    'UH',
    'UT',
    'LR',
    'UR',
    'UF',
    'UC',
    'UO',
    'NR',
    'DI',
    'FI',
    'RL',
    'UAEX',
    'RLSE',
    'DC',
    'URX',
    'SI',
    'IH',
    'DPE',
    'UMSDR',
    'RFCF',
    'NFCF',
    'DT',
    'UPE',
    'NC',
    'OM',
    'DF',
    'DR',
  ].map((letters, index) => [index + 1, letters]),
);

/** The time that somebody gave it was over: of the request, of the route, of the stream. */
export const TIMEOUT_FLAGS: ReadonlySet<string> = new Set(['UT', 'DT', 'SI', 'UMSDR']);
/** What the config asks for, and clients that went away. */
export const NO_FAILURE_FLAGS: ReadonlySet<string> = new Set(['FI', 'DC', 'DR']);
/** Why a TCP connection found no host. */
export const NO_HOST_FLAGS: ReadonlySet<string> = new Set(['UF', 'UH', 'UO', 'URX', 'NR', 'NC', 'DF', 'UT']);
