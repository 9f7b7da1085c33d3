import { benchApproveToAcked } from './approve-to-acked.ts';
import { benchBotAcks } from './bot-acks.ts';
import { benchManyPromotions } from './many-promotions.ts';
import { benchRecovery } from './recovery.ts';

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  acked: benchApproveToAcked,
  bot: benchBotAcks,
  many: benchManyPromotions,
  recovery: benchRecovery,
};

/** `npm run bench -- promote [part]`. Throws for a part that there is not. */
export async function benchPromote(part?: string): Promise<void> {
  const run = part === undefined ? Object.values(PARTS) : [PARTS[part]];
  for (const each of run) {
    if (!each) throw new Error(`no part ${part}: want one of ${Object.keys(PARTS).join(', ')}`);
    await each();
  }
}
