import { blocksOn, filledIn } from './blocks.js';
import { askToConfirm, showModal } from './dialogs.js';
import { el, emoji, words } from './dom.js';

const $ = (selector) => document.querySelector(selector);
const here = new URLSearchParams(location.search);
const now = { as: here.get('as') ?? '', channel: here.get('channel') ?? '', thread: undefined, home: false };

const ERRORS = {
  operation_timeout: 'The app did not answer in time (operation_timeout).',
  dispatch_failed: 'The app could not be reached (dispatch_failed).',
  http_service_error: 'The app failed (http_service_error).',
  http_client_error: 'The app gave an answer that cannot be shown (http_client_error).',
};

/** Does something as the chosen person. The outcome has `words` for people; none when all went well. */
async function act(asked) {
  const response = await fetch('/page/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ as: now.as, channel: now.channel, ...asked }),
  });
  const outcome = response.ok ? await response.json() : { kind: 'impossible', why: 'The workspace refused that.' };
  outcome.words =
    outcome.kind === 'failed'
      ? (ERRORS[outcome.error] ?? outcome.error)
      : outcome.kind === 'impossible'
        ? outcome.why
        : '';
  return outcome;
}

const keep = () => history.replaceState(null, '', `?${new URLSearchParams({ as: now.as, channel: now.channel })}`);
function go(change) {
  Object.assign(now, change);
  keep();
  refresh();
}

function messageItem(message, replies) {
  const said = el('p', { class: 'said', role: 'status' });
  const body = el('div', { class: 'body' });
  const click = async (action, value, confirm) => {
    if (confirm && !(await askToConfirm(confirm))) return;
    said.textContent = (
      await act({ kind: 'click', channel: message.channel, ts: message.ts, action, value, filled: filledIn(body) })
    ).words;
  };
  const time = new Date(Number(message.ts) * 1000);
  body.append(
    ...(message.blocks.length > 0
      ? blocksOn(message.blocks, click)
      : [el('div', { class: 'text' }, words(message.text))]),
  );
  return el(
    'li',
    { class: message.onlyYou ? 'message only-you' : 'message', 'data-ts': message.ts },
    el('span', { class: message.isApp ? 'face app' : 'face', 'aria-hidden': 'true' }, message.author.slice(0, 1)),
    el(
      'article',
      {},
      message.onlyYou && el('p', { class: 'only' }, 'Only visible to you'),
      el(
        'header',
        {},
        el('strong', {}, message.author),
        message.isApp && el('span', { class: 'badge' }, 'APP'),
        el(
          'time',
          { datetime: time.toISOString() },
          time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
        ),
        message.edited && el('span', { class: 'muted' }, '(edited)'),
      ),
      body,
      message.reactions.length > 0 &&
        el(
          'p',
          { class: 'reactions' },
          message.reactions.map(({ name, count }) => el('span', {}, `${emoji(name)} ${count}`)),
        ),
      replies > 0 &&
        el(
          'button',
          { type: 'button', class: 'replies', onclick: () => go({ thread: message.ts }) },
          replies === 1 ? '1 reply' : `${replies} replies`,
        ),
      said,
    ),
  );
}

/** Brings a list in line with the messages, touching only those that changed, so that focus and live announcements stay right. */
function fill(list, items) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const old = new Map([...list.children].map((node) => [node.dataset.ts, node]));
  const nodes = items.map(([message, replies]) => {
    const key = JSON.stringify([message, replies]);
    const known = old.get(message.ts);
    if (known?.picture === key) return known;
    const fresh = messageItem(message, replies);
    fresh.picture = key;
    if (known) {
      fresh.classList.add('changed');
      const focused = known.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
      known.replaceWith(fresh);
      if (focused) fresh.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
    }
    return fresh;
  });
  const keepers = new Set(nodes);
  for (const node of [...list.children]) if (!keepers.has(node)) node.remove();
  for (const [index, node] of nodes.entries())
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** The newest mention that each person has had on their screen, by person and channel. */
const seen = new Map();
function unseen({ id, mentions }) {
  const key = `${now.as} ${id}`;
  if (!now.home && id === now.channel) seen.set(key, mentions.at(-1) ?? '');
  return mentions.filter((ts) => ts > (seen.get(key) ?? '')).length;
}

function fillRail({ team, appName, people, channels, me }) {
  $('#team').textContent = team;
  document.title = now.home
    ? `${appName} – ${team}`
    : `#${channels.find(({ id }) => id === now.channel)?.name ?? ''} – ${team}`;
  $('#title').textContent = now.home ? appName : `# ${channels.find(({ id }) => id === now.channel)?.name ?? ''}`;
  const link = (name, current, onclick, mentions = 0) =>
    el(
      'li',
      {},
      el(
        'button',
        { type: 'button', 'aria-current': current ? 'page' : undefined, onclick },
        name,
        mentions > 0 && el('span', { class: 'count' }, `${mentions} new`),
      ),
    );
  const rail = JSON.stringify([channels, people, now, me]);
  if ($('#channels').picture === rail) return;
  $('#channels').picture = rail;
  $('#channels').replaceChildren(
    ...channels
      .filter(({ kind }) => kind !== 'im')
      .map(({ id, name, mentions }) =>
        link(
          `# ${name}`,
          !now.home && id === now.channel,
          () => go({ channel: id, home: false, thread: undefined }),
          unseen({ id, mentions }),
        ),
      ),
  );
  $('#apps').replaceChildren(
    link(`${appName} Home`, now.home, () => {
      go({ home: true, thread: undefined });
      act({ kind: 'home' });
    }),
    ...channels
      .filter(({ kind }) => kind === 'im')
      .map(({ id, name, mentions }) =>
        link(
          name,
          !now.home && id === now.channel,
          () => go({ channel: id, home: false, thread: undefined }),
          unseen({ id, mentions }),
        ),
      ),
  );
  $('#person').replaceChildren(
    ...people.map(({ id, name, kind }) =>
      el('option', { value: id, selected: id === me.id }, kind === 'member' ? name : `${name} – ${kind}`),
    ),
  );
}

function draw(picture) {
  fillRail(picture);
  const { messages } = picture;
  const repliesTo = (ts) => messages.filter(({ thread }) => thread === ts);
  $('#messages').hidden = now.home;
  $('#composer').hidden = now.home;
  $('#home').hidden = !now.home;
  fill(
    $('#messages'),
    messages
      .filter(({ thread, broadcast }) => thread === null || broadcast)
      .map((message) => [message, repliesTo(message.ts).length]),
  );
  const root = messages.find(({ ts }) => ts === now.thread);
  $('#thread').hidden = !root || now.home;
  document.body.classList.toggle('with-thread', Boolean(root) && !now.home);
  if (root)
    fill(
      $('#replies'),
      [root, ...repliesTo(root.ts)].map((message) => [message, 0]),
    );
  drawHome(picture.home);
  showModal(picture.modals.at(-1), act);
}

function drawHome(home) {
  const key = JSON.stringify(home);
  if (!now.home || $('#home').picture === key) return;
  $('#home').picture = key;
  const said = el('p', { class: 'said', role: 'status' });
  const click = async (action, value, confirm) => {
    if (confirm && !(await askToConfirm(confirm))) return;
    said.textContent = (await act({ kind: 'click', view: home.id, action, value, filled: filledIn($('#home')) })).words;
  };
  $('#home').replaceChildren(
    ...(home ? blocksOn(home.blocks, click) : [el('p', { class: 'muted' }, 'Nothing has been published here yet.')]),
    said,
  );
}

let asked = 0;
/** Draws the newest picture. An answer that a later one has overtaken is not drawn. */
async function refresh() {
  asked += 1;
  const mine = asked;
  const response = await fetch(`/page/picture?${new URLSearchParams({ as: now.as, channel: now.channel })}`);
  if (mine !== asked || !response.ok) return;
  draw(await response.json());
}

function composer(form, input, said, more) {
  $(form).addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = $(input).value.trim();
    if (text === '') return;
    $(input).value = '';
    const outcome = await act({ kind: 'write', text, ...more() });
    $(said).textContent = outcome.words;
    // What did not go out is there to send again.
    if (outcome.words !== '' && $(input).value === '') $(input).value = text;
  });
  $(input).addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $(form).requestSubmit();
  });
}

composer('#composer', '#text', '#said', () => ({}));
composer('#reply', '#reply-text', '#reply-said', () => ({ thread: now.thread }));
$('#person').addEventListener('change', (event) => go({ as: event.target.value }));
$('#close-thread').addEventListener('click', () => go({ thread: undefined }));

const start = await (await fetch('/page/start')).json();
now.as ||= start.as;
now.channel ||= start.channel;
const changes = new EventSource('/page/changes');
changes.onmessage = () => {
  $('#link').textContent = 'live';
  refresh();
};
changes.onerror = () => {
  $('#link').textContent = 'the workspace does not answer; trying again';
};
$('#text').focus();
