import type { Finding } from '../../render/finding.ts';

/**
 * A live configuration that no Envoy boots with cannot be rehearsed from. That is no fault of the proposed one, which may be its
 * repair and has booted: what is wrong with the live one is told, and refuses nothing.
 */
export const liveDoesNotBoot = (
  findings: readonly Finding[],
): { readonly findings: readonly Finding[]; readonly note: string } => ({
  findings: findings.map((finding) => ({
    ...finding,
    severity: 'warning',
    saw: `${finding.saw} (of the live configuration, so there is nothing to rehearse the change from)`,
  })),
  note: 'the live configuration does not boot, so there was nothing to rehearse from',
});
