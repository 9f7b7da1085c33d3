import { findingsOf } from '../../pipeline/commands/ask/verification-answer.ts';
import { isVerificationId } from '../../pipeline/engine/verification/verification.ts';
import { readVerification } from '../../pipeline/engine/verification/verification-rows.ts';
import type { PersonId, VerificationId } from '../../pipeline/ids.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { From } from '../inbox/inbox-item.ts';
import type { SourceLink } from '../render/finding-lines.ts';
import { verificationMessage } from '../render/verification-message.ts';
import type { Sql } from '../store/migrate.ts';
import { type LiveRow, wakeAt } from './live-rows.ts';
import type { Said } from './said.ts';
import type { DisplayNames } from './viewer.ts';

/** `verify:7@C0123ABC`: one message for each place that asked. */
export function verificationSubject(subject: string): VerificationId | undefined {
  const [id = ''] = subject.split('@');
  return isVerificationId(id) ? id : undefined;
}

/** Has a verification shown in the channel or thread of the asker; asked twice there, it is one message. */
export async function followVerification(
  db: Sql,
  id: VerificationId,
  { channel: asked, threadTs }: Pick<From, 'channel' | 'threadTs'>,
  home: () => string | undefined,
): Promise<void> {
  const channel = asked ?? home();
  // Nobody knows a channel yet: whoever asked has the answer, and `why` tells the rest.
  if (channel === undefined) return;
  const thread = asked === undefined ? undefined : threadTs;
  await wakeAt(db, `${id}@${channel}${thread === undefined ? '' : `/${thread}`}`, { channel, threadTs: thread });
}

export async function verificationSaid(
  row: LiveRow,
  ports: {
    readonly store: Sql;
    readonly read: PipelineReader;
    readonly names: DisplayNames;
    readonly link: SourceLink;
  },
): Promise<Said> {
  const { store, read, names, link } = ports;
  const id = verificationSubject(row.subject);
  const seen = id && (await readVerification(store, id));
  if (!seen) throw new Error('the store does not know this verification');
  const asker = seen.askedBy as PersonId;
  return {
    key: `live:${row.subject}`,
    version: 0,
    isEnded: seen.state === 'ended',
    mayMove: true,
    render: async () =>
      verificationMessage({
        seen,
        findings: await findingsOf(seen, (evidence) => read.evidence(evidence)),
        names: await names.of([asker]),
        link,
      }),
  };
}
