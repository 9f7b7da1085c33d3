import { viewForApi } from '../acting/payloads.ts';
import { withIds } from '../block-kit/give-ids.ts';
import { problemsOfView } from '../block-kit/validate.ts';
import { type JsonObject, objectsIn, type View } from '../model.ts';
import type { CallArguments } from './arguments.ts';
import { personOf } from './find.ts';
import type { CallContext, Method } from './method.ts';
import { TIER_4 } from './rate-limits.ts';
import { SlackError } from './slack-error.ts';

/** Source: docs.slack.dev, "Modals": three views on the stack at most. */
const MOST_STACKED = 3;
const LARGEST_VIEW = 250_000;

/** @throws SlackError as Slack does for a view that it cannot show */
export function checkedView(
  definition: JsonObject | undefined,
  kind: View['kind'],
  { state }: CallContext,
): JsonObject {
  if (!definition) throw new SlackError('invalid_arguments', ['missing required field: view']);
  if (JSON.stringify(definition).length > LARGEST_VIEW) throw new SlackError('view_too_large');
  const problems = problemsOfView(definition);
  if (definition.type !== kind) problems.unshift(`must be a ${kind} view [json-pointer:/view/type]`);
  if (problems.length > 0) throw new SlackError('invalid_arguments', problems);
  return { ...definition, blocks: withIds(objectsIn(definition.blocks), (prefix) => state.nextId(prefix)) };
}
const definitionOf = (args: CallArguments, kind: View['kind'], context: CallContext): JsonObject =>
  checkedView(args.object('view', 'invalid_arguments'), kind, context);

/** Shows a modal on top of what the person has open, or alone. */
export function openModal(user: string, definition: JsonObject, below: View | undefined, { state }: CallContext): View {
  const id = state.nextId('V');
  const view: View = {
    id,
    kind: 'modal',
    user,
    hash: state.nextTs(),
    rootViewId: below?.rootViewId ?? id,
    previousViewId: below?.id,
    definition,
    errors: {},
  };
  state.views.set(id, view);
  state.changed();
  return view;
}

export function replaceView(view: View, definition: JsonObject, { state }: CallContext): View {
  const fresh = { ...view, definition, hash: state.nextTs(), errors: {} };
  state.views.set(view.id, fresh);
  state.changed();
  return fresh;
}

const answer = (view: View, { app }: CallContext): JsonObject => ({ view: viewForApi(app, view) });
const modalsOf = (user: string, { state }: CallContext): View[] =>
  [...state.views.values()].filter((view) => view.kind === 'modal' && view.user === user);
const triggerIn = (args: CallArguments, context: CallContext): string =>
  context.takeTrigger(args.required('trigger_id'));

const open: Method = {
  name: 'views.open',
  token: 'bot',
  scopes: [],
  limit: TIER_4,
  run(args, context) {
    const definition = definitionOf(args, 'modal', context);
    const user = triggerIn(args, context);
    for (const view of modalsOf(user, context)) context.state.views.delete(view.id);
    return answer(openModal(user, definition, undefined, context), context);
  },
};

const push: Method = {
  name: 'views.push',
  token: 'bot',
  scopes: [],
  limit: TIER_4,
  run(args, context) {
    const definition = definitionOf(args, 'modal', context);
    const user = triggerIn(args, context);
    const stack = modalsOf(user, context);
    if (stack.length >= MOST_STACKED) throw new SlackError('push_limit_reached');
    return answer(openModal(user, definition, stack.at(-1), context), context);
  },
};

const checkHash = (args: CallArguments, view: View): void => {
  if (args.has('hash') && args.required('hash') !== view.hash) throw new SlackError('hash_conflict');
};

const update: Method = {
  name: 'views.update',
  token: 'bot',
  scopes: [],
  limit: TIER_4,
  run(args, context) {
    const views = [...context.state.views.values()];
    const view = args.has('view_id')
      ? context.state.views.get(args.required('view_id'))
      : views.find(({ definition }) => definition.external_id === args.required('external_id'));
    if (!view) throw new SlackError('not_found');
    checkHash(args, view);
    return answer(replaceView(view, definitionOf(args, view.kind, context), context), context);
  },
};

const publish: Method = {
  name: 'views.publish',
  token: 'bot',
  scopes: [],
  limit: TIER_4,
  run(args, context) {
    const user = personOf(args, context, 'user_id').id;
    const definition = definitionOf(args, 'home', context);
    const current = [...context.state.views.values()].find((view) => view.kind === 'home' && view.user === user);
    if (current) checkHash(args, current);
    const id = current?.id ?? context.state.nextId('V');
    const base: View = current ?? {
      id,
      kind: 'home',
      user,
      hash: '',
      rootViewId: id,
      previousViewId: undefined,
      definition,
      errors: {},
    };
    return answer(replaceView(base, definition, context), context);
  },
};

export const VIEW_METHODS: readonly Method[] = [open, push, update, publish];
