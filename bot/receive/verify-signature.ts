import { createHmac, timingSafeEqual } from 'node:crypto';

/** Older or newer than that is refused (docs.slack.dev, "Verifying requests from Slack"). */
const SIGNATURE_WINDOW_MS = 5 * 60_000;

export type SignedRequest = {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  /** As they came over the wire: decoded and encoded again, they may differ. */
  readonly body: Buffer;
};

/** Why a request is none of Slack's; undefined: it is. Says nothing of whether it came before. */
export function signatureProblem(
  { timestamp, signature, body }: SignedRequest,
  signingSecret: string,
  nowEpochMs: number,
): string | undefined {
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return 'no timestamp';
  if (Math.abs(nowEpochMs - Number(timestamp) * 1_000) > SIGNATURE_WINDOW_MS)
    return 'the timestamp is more than 5 minutes off';
  if (signature === undefined || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'no signature of version v0';
  const want = createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(body).digest();
  return timingSafeEqual(want, Buffer.from(signature.slice(3), 'hex'))
    ? undefined
    : 'the signature is not of these bytes';
}
