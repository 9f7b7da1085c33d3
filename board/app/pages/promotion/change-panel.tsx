import type { PlanView } from '../../../api/types/promotion.ts';
import { DiffPanel } from '../../components/diff/diff-panel.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { FindingsList } from '../../components/findings/findings-list.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollArea } from '../../components/scroll-area.tsx';
import { plural } from '../../format/numbers.ts';

/** The plan: what changes, who wrote it, and what is to be said of it. */
export function ChangePanel({ plan }: { readonly plan: PlanView }) {
  const { diff, text, summary, blastRadius, authors, touchedPaths, findings, policyVersion, nextPolicyVersion } = plan;
  return (
    <Panel
      id="change"
      title="What changes"
      aside={
        <p class="soft small push wrap-any">
          written by {authors.map(({ name }) => name).join(', ') || 'nobody known'}
        </p>
      }
    >
      {policyVersion !== nextPolicyVersion && (
        <p class="small">
          It changes the gates themselves: they hold as they are for this promotion, and as it says from the next one
          on.
        </p>
      )}
      {diff ? (
        <DiffPanel diff={diff} />
      ) : (
        <>
          <p class="wrap-any">
            <strong>{summary}</strong> <span class="soft">{blastRadius}</span>
          </p>
          <p class="small soft">Its snapshots are not kept any more; this is the diff as it was written then.</p>
          <TextDiff text={text} />
        </>
      )}
      {findings.length > 0 && (
        <Disclosure title={plural(findings.length, 'warning')} open={findings.length <= 2}>
          <FindingsList findings={findings} />
        </Disclosure>
      )}
      {diff && (
        <Disclosure title="As text">
          <TextDiff text={text} />
        </Disclosure>
      )}
      {touchedPaths.length > 0 && (
        <Disclosure title={plural(touchedPaths.length, 'file')}>
          <ul class="small wrap-any">
            {touchedPaths.map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </Panel>
  );
}

function TextDiff({ text }: { readonly text: string }) {
  return (
    <ScrollArea class="json-text" label="The diff as text">
      <pre>{text}</pre>
    </ScrollArea>
  );
}
