import { isObject, type JsonObject, textIn, type View } from '../model.ts';
import type { CallContext } from '../web-api/method.ts';
import { checkedView, openModal, replaceView } from '../web-api/view-methods.ts';

/** A person's modals, the one on top last. */
export const modalsOf = (user: string, { state }: CallContext): View[] =>
  [...state.views.values()].filter((view) => view.kind === 'modal' && view.user === user);

/**
 * Does what an acknowledged submission asks for: complaints stay in the form, a new view replaces or covers it, `clear` closes all, and
 * nothing closes this one. Answers the complaints, if there are any.
 * @throws SlackError when the app answered with a view that Slack would not show
 */
export function followSubmission(
  view: View,
  ack: JsonObject,
  context: CallContext,
): Readonly<Record<string, string>> | undefined {
  const next = isObject(ack.view) ? ack.view : undefined;
  switch (textIn(ack.response_action)) {
    case 'errors': {
      const errors = Object.fromEntries(
        Object.entries(isObject(ack.errors) ? ack.errors : {}).map(([id, words]) => [id, textIn(words)]),
      );
      context.state.views.set(view.id, { ...view, errors });
      context.state.changed();
      return errors;
    }
    case 'update':
      replaceView(view, checkedView(next, 'modal', context), context);
      return undefined;
    case 'push':
      openModal(view.user, checkedView(next, 'modal', context), view, context);
      return undefined;
    case 'clear':
      closeViews(modalsOf(view.user, context), context);
      return undefined;
    default:
      closeViews([view], context);
      return undefined;
  }
}

export function closeViews(views: readonly View[], { state }: CallContext): void {
  for (const { id } of views) state.views.delete(id);
  state.changed();
}
