import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BoltApp, socketModeApp } from './echo-app.ts';
import { startWorkspace, type Workspace } from './workspace.ts';

const CHROMIUM = '/usr/bin/chromium';
const CHANNEL = 'C0RELEASES';
/** Text that would do something if any of it became markup. */
const HOSTILE = `<img src=x onerror="document.title='taken'"> <script>document.title='taken'</script> &amp; "quotes"`;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const words = (text: string) => ({ type: 'plain_text', text }) as const;

/** An app that does on the page what the real bot does: a live message, a decision with a confirm dialog, a reason in a modal. */
function addEcho(app: BoltApp): void {
  app.command('/mesh', async ({ ack, command, client }) => {
    await ack(command.text === 'help' ? 'promote STAGE' : undefined);
    if (command.text === 'help') return;
    const button = (action_id: string, text: string, style: 'primary' | 'danger') => {
      const dialog = {
        title: words(`${text}?`),
        text: words(`${text} ${command.text}`),
        confirm: words(text),
        deny: words('Not yet'),
      };
      return { type: 'button', action_id, style, text: words(text), confirm: dialog } as const;
    };
    await client.chat.postMessage({
      channel: command.channel_id,
      text: `promoting ${command.text}`,
      blocks: [
        { type: 'header', text: words('Promotion') },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: `*${escaped(command.text)}* for <@${command.user_id}> :rocket:` },
        },
        { type: 'actions', elements: [button('approve', 'Approve', 'primary'), button('reject', 'Reject', 'danger')] },
      ],
    });
  });
  app.action('approve', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || !body.channel || !body.message) return;
    const place = { channel: body.channel.id, ts: body.message.ts };
    await client.chat.update({ ...place, text: `approved by <@${body.user.id}>` });
    await client.chat.postMessage({ channel: place.channel, thread_ts: place.ts, text: 'the plan' });
  });
  app.action('reject', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') return;
    const element = { type: 'plain_text_input', action_id: 'reason', multiline: true, min_length: 4 } as const;
    await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'reject',
        title: words('Reject'),
        submit: words('Reject it'),
        blocks: [{ type: 'input', block_id: 'why', label: words('Reason'), element }],
      },
    });
  });
  app.view('reject', async ({ ack, view, client, body }) => {
    const reason = view.state.values.why?.reason?.value ?? '';
    if (reason === 'nope') return ack({ response_action: 'errors', errors: { why: 'Say what is wrong' } });
    await ack();
    return void (await client.chat.postMessage({
      channel: CHANNEL,
      text: `<@${body.user.id}> rejected: ${escaped(reason)}`,
    }));
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const blocks = [{ type: 'header' as const, text: words('Waiting for me') }];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
}

describe.skipIf(!existsSync(CHROMIUM))('the page in a real browser', () => {
  let browser: Browser;
  let workspace: Workspace;
  let app: BoltApp;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    workspace = await startWorkspace({ rateSpeed: 20 });
    app = socketModeApp(workspace);
    addEcho(app);
    await app.start();
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(workspace.pageUrl)) problems.push(`asked for ${request.url()}`);
    });
    await page.goto(workspace.pageUrl);
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await workspace?.stop();
  });

  const type = async (text: string): Promise<void> => {
    await page.getByLabel('Message or command').fill(text);
    await page.keyboard.press('Enter');
  };
  const actAs = (name: string) => page.getByLabel('You are').selectOption({ label: name });
  const message = (text: string) =>
    page.getByRole('list', { name: 'Messages' }).getByRole('listitem').filter({ hasText: text });

  test('a command typed on the page is answered, to that person alone', async () => {
    await type('/mesh help');
    await message('promote STAGE').getByText('Only visible to you').waitFor();
    await actAs('Grace Okafor');
    await message('promote STAGE').waitFor({ state: 'detached' });
    await actAs('Ada Moreau');
  });

  test('a button with a confirm dialog: "Not yet" sends nothing, by keyboard too; yes edits the message live, for everybody', async () => {
    await type('/mesh canary');
    const live = message('canary');
    await live.getByText('@Ada Moreau').waitFor();
    await actAs('Grace Okafor');
    const clicks = () => workspace.sockets.envelopes.filter(({ kind }) => kind === 'interactive').length;

    await live.getByRole('button', { name: 'Approve' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Approve?' });
    await dialog.getByText('Approve canary').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(clicks()).toBe(0);

    await live.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByRole('button', { name: 'Approve' }).click();
    const approved = message('approved by @Grace Okafor');
    await approved.getByText('(edited)').waitFor();
    expect(clicks()).toBe(1);
    expect(await approved.getByRole('button', { name: 'Approve' }).count()).toBe(0);

    await approved.getByRole('button', { name: '1 reply' }).click();
    const thread = page.getByRole('complementary', { name: 'Thread' });
    await thread.getByText('the plan').waitFor();
    await thread.getByRole('button', { name: 'Close thread' }).click();
    await actAs('Ada Moreau');
  });

  test('a modal: the client refuses an empty form, the app refuses a bad reason, what was typed stays, a good one goes out', async () => {
    await type('/mesh beta');
    await message('beta').getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('dialog', { name: 'Reject?' }).getByRole('button', { name: 'Reject' }).click();
    const modal = page.getByRole('dialog', { name: 'Reject', exact: true });
    const reason = modal.getByLabel('Reason');
    await modal.getByRole('button', { name: 'Reject it' }).click();
    await modal.getByText('Please complete this required field.').waitFor();

    await reason.fill('nope');
    await modal.getByRole('button', { name: 'Reject it' }).click();
    await modal.getByText('Say what is wrong').waitFor();
    expect(await reason.inputValue()).toBe('nope');

    await reason.fill(`because <!channel> ${HOSTILE}`);
    await modal.getByRole('button', { name: 'Reject it' }).click();
    await modal.waitFor({ state: 'hidden' });
    await message('rejected: because <!channel>').waitFor();
    // Escaped as it was, it shows as words and pings nobody.
    expect(workspace.notifications.filter(({ because }) => because === '<!channel>')).toEqual([]);
  });

  test('hostile text is shown as text, wherever it stands, and does nothing', async () => {
    await type(`/mesh ${HOSTILE}`);
    await message('onerror=').filter({ hasText: '<script>' }).first().waitFor();
    await type(`plain ${HOSTILE}`);
    await message(`plain ${HOSTILE}`).waitFor();
    await message(HOSTILE).filter({ hasText: 'for @Ada Moreau' }).getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog', { name: 'Approve?' }).getByText(HOSTILE).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('li img, li script, dialog img, dialog script').count()).toBe(0);
    expect(await page.title()).toBe('#mesh-releases – meshgate');
  });

  test('App Home is published for the person who opens it', async () => {
    await page.getByRole('button', { name: 'Meshgate Home' }).click();
    await page.getByRole('region', { name: 'App Home' }).getByRole('heading', { name: 'Waiting for me' }).waitFor();
    await page.getByRole('button', { name: '# mesh-releases' }).click();
    await message('approved by').waitFor();
  });

  test('what the app does not take is said beside the composer, and the words are kept', async () => {
    workspace.faults.beginOutage();
    await type('/mesh lost');
    await page.getByText('The app could not be reached (dispatch_failed).').waitFor();
    expect(await page.getByLabel('Message or command').inputValue()).toBe('/mesh lost');
    workspace.faults.endOutage();
  });

  test('the page asked for nothing elsewhere and logged no error', () => {
    expect(problems).toEqual([]);
  });

  test('the page answers only its own origin', async () => {
    const picture = `${workspace.pageUrl}page/act`;
    const headers = { 'content-type': 'application/json', origin: 'http://elsewhere.example' };
    const body = JSON.stringify({ kind: 'write', as: 'U0ADA', channel: CHANNEL, text: 'forged' });
    expect((await fetch(picture, { method: 'POST', headers, body })).status).toBe(403);
    expect(workspace.messages(CHANNEL).filter(({ text }) => text === 'forged')).toEqual([]);
  });
});
