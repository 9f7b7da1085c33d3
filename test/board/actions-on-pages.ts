import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { ActionRequest } from '../../board/api/types/action.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';
import { gatingPromotion } from './fixture/demo-promotions.ts';
import { grace } from './fixture/demo-scene.ts';
import { NOW } from './fixture/demo-time.ts';
import type { FixtureServer } from './fixture/fixture-server.ts';
import type { Scene } from './fixture/scene.ts';

const CANARY = 'canary' as StageName;

type OnPages = { readonly page: Page; readonly server: FixtureServer; readonly scene: Scene };

/** What people do on pages, in the browser and on the server of the file that calls it. */
export function actionsOnPages(given: {
  readonly now: () => OnPages;
  /** Empty before each test. */
  readonly problems: readonly string[];
  readonly show: (path: string) => Promise<void>;
}): void {
  const { now, problems, show } = given;

  test('who only looks has no buttons; who may, decides exactly what stood there, once, and reads a refusal', async () => {
    const { page, scene } = now();
    await show('/promotions/canary-17');
    expect(await page.getByRole('button', { name: /Approve|Reject|Cancel/ }).count()).toBe(0);

    const acts: ActionRequest[] = [];
    const refusal = {
      rule: 'approval-of-author',
      severity: 'error' as const,
      at: { file: 'mesh.yaml', line: 1, column: 1 },
      saw: 'grace wrote a part of it',
      want: 'somebody else of release-managers',
    };
    scene.me = grace;
    scene.act = (given) => {
      acts.push(given);
      const isFirst = acts.length === 1;
      return {
        kind: isFirst ? 'refused' : 'done',
        title: isFirst ? 'canary-17 is not approved' : 'canary-17 is approved',
        blocks: [],
        findings: isFirst ? [refusal] : [],
        promotion: undefined,
      };
    };
    await show('/promotions/canary-17');
    await page.getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog', { name: 'Approve canary-17?' });
    const { approvals, promotion } = gatingPromotion();
    await dialog.getByText(promotion.digest ?? 'no digest').waitFor();
    await dialog.getByText(approvals.binding ?? 'no binding').waitFor();
    await dialog.getByText('pass', { exact: true }).waitFor();
    await dialog.getByLabel('Comment (if you like)').fill('fine');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByText('canary-17 is not approved').waitFor();
    await dialog.getByText(/grace wrote a part of it/).waitFor();

    await dialog.getByRole('button', { name: 'Approve' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(acts.map(({ command }) => command)).toEqual([
      { kind: 'approve', promotion: 'canary-17', binding: approvals.binding, reason: 'fine' },
      { kind: 'approve', promotion: 'canary-17', binding: approvals.binding, reason: 'fine' },
    ]);
    expect(problems).toEqual([]);
  });

  test('the glass is broken with a reason, the stage typed and gates ticked; a question outlives what it was about, and says so', async () => {
    const { page, server, scene } = now();
    const acts: ActionRequest[] = [];
    scene.me = grace;
    scene.act = (given) => {
      acts.push(given);
      const lines = ['within 30 min it needs a second person'];
      return { kind: 'done', title: 'broken', blocks: [{ kind: 'lines', lines }], findings: [], promotion: undefined };
    };
    await show('/promotions/canary-17');
    await page.getByRole('button', { name: 'Break glass…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Break the glass of canary-17?' });
    const doIt = dialog.getByRole('button', { name: 'Break glass…' });
    // Nothing of it may be missing, as in Slack's form.
    await doIt.click();
    await dialog.getByLabel('approvals', { exact: true }).check();
    await doIt.click();
    await dialog.getByLabel('Type the stage’s name: canary').fill('canary');
    await doIt.click();
    // As somebody types it: what a script fills in is not held to a length.
    await dialog.getByLabel('Reason').pressSequentially('no');
    await doIt.click();
    expect(acts).toEqual([]);
    await dialog.getByLabel('Reason').fill('nobody else is awake');
    await doIt.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'What was done' }).getByText('within 30 min it needs').waitFor();
    expect(acts.map(({ command }) => command)).toEqual([
      {
        kind: 'break-glass',
        promotion: 'canary-17',
        gates: ['approvals'],
        reason: 'nobody else is awake',
        typedStage: 'canary',
      },
    ]);

    await page.getByRole('button', { name: 'Approve' }).click();
    const question = page.getByRole('dialog', { name: 'Approve canary-17?' });
    const view = gatingPromotion();
    const canary17 = view.promotion.id;
    const moved = { ...view.promotion, state: 'pushing' as const, standing: 'is being pushed' };
    scene.promotions.set(canary17, { ...view, promotion: moved, gates: [], actions: ['rollback'] });
    server.emit({ kind: 'promotion', promotion: canary17, stage: CANARY });
    await question.getByText(/has moved on since you opened the question/).waitFor();
    expect(await question.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
    await question.getByRole('button', { name: 'Not now' }).click();
    await question.waitFor({ state: 'detached' });
    await page.getByText('is being pushed').first().waitFor();
    expect(problems).toEqual([]);
  });

  test('a promotion is asked for on the page of stages: of what the stage before has, or of another revision; drift is adopted', async () => {
    const { page, scene } = now();
    const acts: ActionRequest[] = [];
    scene.me = grace;
    scene.act = (given) => {
      acts.push(given);
      const promotion = 'release-9' as PromotionId;
      return { kind: 'done', title: 'release-9: it begins', blocks: [], findings: [], promotion };
    };
    const drift = { kind: 'changed', saw: 'something else', want: undefined, sinceEpochMs: NOW };
    const stages = scene.stages.stages.map((stage) => (stage.name === 'release' ? { ...stage, drift } : stage));
    scene.stages = { ...scene.stages, stages: stages as typeof scene.stages.stages };
    await show('/');
    const card = page.getByRole('region', { name: 'release', exact: true });
    const ask = async (verb: string): Promise<Locator> => {
      await card.getByRole('button', { name: verb, exact: true }).click();
      return page.getByRole('dialog');
    };
    const before = stages.find(({ name }) => name === 'canary')?.live?.revision ?? 'none';
    const first = await ask('Promote');
    await first.getByText(before).waitFor();
    await first.getByRole('button', { name: 'Promote' }).click();
    await page.getByRole('link', { name: 'Look at release-9' }).waitFor();
    const second = await ask('Promote');
    await second.getByLabel('Another revision (if you like)').fill('main~1');
    await second.getByLabel('Comment (if you like)').fill('the older one');
    await second.getByRole('button', { name: 'Promote' }).click();
    await second.waitFor({ state: 'detached' });
    const third = await ask('Adopt');
    await third.getByText('something else').waitFor();
    await third.getByRole('button', { name: 'Adopt' }).click();
    await third.waitFor({ state: 'detached' });
    expect(acts.map(({ command }) => command)).toEqual([
      { kind: 'promote', stage: 'release', revision: before, reason: '' },
      { kind: 'promote', stage: 'release', revision: 'main~1', reason: 'the older one' },
      { kind: 'adopt', stage: 'release', reason: '' },
    ]);
    expect(problems).toEqual([]);
  });
}
