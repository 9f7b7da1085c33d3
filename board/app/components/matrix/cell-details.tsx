import type { CellReportView, CellView } from '../../../api/types/matrix.ts';
import { plural } from '../../format/numbers.ts';
import { durationWords } from '../../format/times.ts';
import { Disclosure } from '../disclosure.tsx';
import { FindingsList } from '../findings/findings-list.tsx';
import { LookBadge } from '../look-badge.tsx';
import { CELL_LOOKS } from '../state-look.ts';
import { ChecksTable } from './checks-table.tsx';
import { RehearsalCharts } from './rehearsal-charts.tsx';
import { StepTimes } from './step-times.tsx';
import { SubstitutionsTable } from './substitutions-table.tsx';

/** What one cell found out. */
export function CellDetails({ cell }: { readonly cell: CellView }) {
  return (
    <section class="cell-details" aria-labelledby="cell-head">
      <p class="row">
        <span>
          <strong id="cell-head">{cell.id}</strong> <LookBadge look={CELL_LOOKS[cell.state]} />
        </span>
        {cell.report && (
          <span class="soft small">
            {durationWords(cell.report.durationMs)}
            {cell.report.launcher !== undefined && <>, by {cell.report.launcher}</>}
            {cell.cached && ', proved before for exactly these bytes'}
          </span>
        )}
      </p>
      {cell.message !== undefined && <p class="wrap-any">{cell.message}</p>}
      {cell.report ? (
        <Report report={cell.report} />
      ) : (
        <p class="small soft">
          {cell.state === 'waiting' || cell.state === 'running'
            ? 'What it finds out stands here when it has ended.'
            : 'No report of it is kept.'}
        </p>
      )}
    </section>
  );
}

function Report({ report }: { readonly report: CellReportView }) {
  const { findings, steps, checks, substitutions, strains, rehearsals, repro } = report;
  const failed = checks.filter(({ outcome }) => outcome === 'fail');
  return (
    <>
      {findings.length > 0 && <FindingsList findings={findings} />}
      <StepTimes steps={steps} />
      {rehearsals.map((timeline) => (
        <RehearsalCharts key={timeline.step} timeline={timeline} />
      ))}
      <Disclosure
        title={`${plural(checks.length, 'check')}${failed.length > 0 ? `, ${failed.length} failed` : ''}`}
        open={failed.length > 0}
      >
        <ChecksTable checks={checks} />
      </Disclosure>
      <Disclosure
        title={`${plural(substitutions.length, 'substitution')}: what ran differently from how it is written`}
      >
        <SubstitutionsTable substitutions={substitutions} />
      </Disclosure>
      {strains.length > 0 && (
        <Disclosure title={`${plural(strains.length, 'time')} something waited for a core`}>
          <ul class="small">
            {strains.map(({ of, who, waitedMs, limitMs }) => (
              <li key={of} class="wrap-any">
                {of}: {who} waited {durationWords(waitedMs)} of at most {durationWords(limitMs)}
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
      <p class="small wrap-any">
        <span class="soft">Repeat it:</span> <code>{repro}</code>
      </p>
    </>
  );
}
