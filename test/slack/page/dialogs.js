import { blocksOn, filledIn } from './blocks.js';
import { el, plainWords, words } from './dom.js';

/** Asks what a confirm object asks. Resolves true when the person agrees. */
export function askToConfirm(confirm) {
  const dialog = document.querySelector('#confirm');
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      resolve(answer);
    };
    dialog.oncancel = (event) => {
      event.preventDefault();
      done(false);
    };
    dialog.replaceChildren(
      el('h2', { id: 'confirm-title' }, plainWords(confirm.title.text)),
      el('div', { class: 'text' }, words(confirm.text)),
      el(
        'footer',
        {},
        el('button', { type: 'button', onclick: () => done(false), autofocus: true }, plainWords(confirm.deny.text)),
        el(
          'button',
          { type: 'button', class: confirm.style === 'danger' ? 'danger' : 'primary', onclick: () => done(true) },
          plainWords(confirm.confirm.text),
        ),
      ),
    );
    dialog.showModal();
  });
}

let shown = '';

/** Shows the modal on top, if it is not the one that is shown already: what was typed stays. */
export function showModal(view, act) {
  const dialog = document.querySelector('#modal');
  const key = view ? JSON.stringify([view.id, view.hash, view.errors]) : '';
  if (key === shown) return;
  const typed = view && dialog.dataset.view === view.id ? filledIn(dialog) : {};
  shown = key;
  if (!view) {
    dialog.close();
    return;
  }
  dialog.dataset.view = view.id;
  const said = el('p', { class: 'said', role: 'status' });
  const submit = async (event) => {
    event.preventDefault();
    const outcome = await act({ kind: 'submit', view: view.id, filled: filledIn(dialog) });
    if (outcome.kind === 'refused' && outcome.by === 'client') showModal({ ...view, errors: outcome.errors }, act);
    else said.textContent = outcome.words;
  };
  const close = () => act({ kind: 'close', view: view.id });
  dialog.oncancel = (event) => {
    event.preventDefault();
    close();
  };
  const click = async (action, value, confirm) => {
    if (confirm && !(await askToConfirm(confirm))) return;
    said.textContent = (await act({ kind: 'click', view: view.id, action, value, filled: filledIn(dialog) })).words;
  };
  dialog.replaceChildren(
    el(
      'form',
      { onsubmit: submit, novalidate: true },
      el('h2', { id: 'modal-title' }, plainWords(view.title?.text)),
      el('div', { class: 'modal-body' }, blocksOn(view.blocks, click, view.errors)),
      said,
      el(
        'footer',
        {},
        el('button', { type: 'button', onclick: close }, plainWords(view.close?.text ?? 'Close')),
        view.submit && el('button', { type: 'submit', class: 'primary' }, plainWords(view.submit.text)),
      ),
    ),
  );
  for (const input of dialog.querySelectorAll('[data-input]')) {
    const value = typed[input.dataset.input];
    if (value === undefined) continue;
    if ('value' in input && !input.multiple) input.value = value;
    for (const tick of input.querySelectorAll('input')) tick.checked = [value].flat().includes(tick.value);
  }
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector('[aria-invalid]') ?? dialog.querySelector('[data-input]'))?.focus();
}
