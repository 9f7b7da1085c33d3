import { forgetFaults } from '../attempts.ts';
import { noteProgress } from '../matrix/progress.ts';
import { record } from '../record.ts';
import { MOVED, moveOn, OBSERVER, policyAt, rulingRevision, type Step, waiting } from '../step.ts';

/** Looks at the fleet once; the watch goes on by looking again. */
export const observeStep: Step = async (promotion, ports, signal) => {
  if (promotion.state.kind !== 'observing') return MOVED;
  const { plan } = promotion.state;
  const { stage: name } = promotion.request;
  const stage = await ports.store.read.stage(name);
  const policy = await policyAt(ports, rulingRevision(stage, plan.revision), name, signal);
  const seen = await ports.observe({ promotion, policy, nowEpochMs: ports.clock.nowEpochMs(), signal });
  await forgetFaults(ports, promotion);
  if (seen.kind === 'watching') {
    await noteProgress(ports.store, promotion.id, seen.progress);
    return waiting(seen.againAtEpochMs);
  }
  return moveOn(ports, promotion, async (tx, now) => {
    const evidence = await tx.keep('observation', seen.document);
    if (seen.kind === 'healthy') {
      await noteProgress(tx, now.id, seen.summary);
      await record(tx, OBSERVER, now, { kind: 'observed-healthy', evidence }, [evidence]);
    } else {
      const kind = seen.kind === 'harm' ? 'observed-harm' : 'observed-nothing';
      await record(tx, OBSERVER, now, { kind, findings: seen.findings, evidence }, [evidence]);
    }
  });
};
