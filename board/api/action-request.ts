import { z } from 'zod';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { Binding } from '../../pipeline/promotion/approval.ts';
import { SKIPPABLE_GATES } from '../../pipeline/promotion/promotion.ts';
import type { StageName } from '../../render/ids.ts';
import type { ActionRequest } from './types/action.ts';

/** As Slack's modals take them. */
const reason = z.string().max(3_000);
const stage = z
  .string()
  .min(1)
  .max(100)
  .transform((text) => text as StageName);
const promotion = z
  .string()
  .min(1)
  .max(200)
  .transform((text) => text as PromotionId);
const optional = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const kind = <K extends string>(name: K) => z.literal(name);

/** A command as a page sends it: exactly the members of its kind. */
const command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: kind('promote'), stage, revision: optional(z.string().min(1).max(200)), reason }),
  z.strictObject({
    kind: kind('approve'),
    promotion,
    binding: optional(
      z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .transform((text) => text as Binding),
    ),
    reason,
  }),
  z.strictObject({ kind: kind('reject'), promotion, reason }),
  z.strictObject({ kind: kind('cancel'), promotion, reason }),
  z.strictObject({ kind: kind('retry'), promotion }),
  z.strictObject({ kind: kind('rollback'), stage, digest: optional(z.string().regex(/^[0-9a-f]{8,64}$/)), reason }),
  z.strictObject({ kind: kind('release'), stage, reason }),
  z.strictObject({ kind: kind('freeze'), stage: optional(stage), reason }),
  z.strictObject({ kind: kind('unfreeze'), stage: optional(stage), reason }),
  z.strictObject({ kind: kind('stop'), reason }),
  z.strictObject({ kind: kind('resume'), reason }),
  z.strictObject({
    kind: kind('break-glass'),
    promotion,
    gates: z.array(z.enum(SKIPPABLE_GATES)).min(1),
    reason,
    typedStage: z.string().max(100),
  }),
  z.strictObject({ kind: kind('confirm'), promotion }),
  z.strictObject({ kind: kind('reconcile'), stage, reason }),
  z.strictObject({ kind: kind('adopt'), stage, reason }),
  z.strictObject({ kind: kind('verify'), revision: optional(z.string().min(1).max(200)) }),
]);

/** The body of `POST /api/commands`. */
export const actionRequest: z.ZodType<ActionRequest> = z.strictObject({
  command,
  request: z.uuid(),
}) as unknown as z.ZodType<ActionRequest>;
