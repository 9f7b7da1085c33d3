import { WebClient } from '@slack/web-api';
import type { AuditSubject } from '../../../pipeline/audit/audit-record.ts';
import type { OpenStore } from '../../../pipeline/store/open-store.ts';
import type { Target } from '../../../pipeline/targets/target.ts';
import type { At } from './protocol.ts';

/** A step that is done between two points, so that a process can be killed when it was not done yet, and when nobody knows of it yet. */
async function between<T>(at: At, name: string, work: () => Promise<T>): Promise<T> {
  await at(`before ${name}`);
  const value = await work();
  await at(`after ${name}`);
  return value;
}

const factOf = (subject: AuditSubject): string => ('event' in subject ? subject.event.kind : subject.kind);

/** `insert bot_inbox`; undefined for what changes nothing. */
function changeOf(text: string): string | undefined {
  const found = /\b(insert into|update|delete from)\s+(?:meshgate\.)?(\w+)/i.exec(text);
  return found ? `${found[1]?.split(' ')[0]?.toLowerCase()} ${found[2]}` : undefined;
}

/** The real store, with a point before and after everything that it makes last. */
export function pointedStore(store: OpenStore, at: At): OpenStore {
  return {
    kind: store.kind,
    connections: store.connections,
    jobs: store.jobs,
    read: store.read,
    sql: (text, params) => {
      const change = changeOf(text);
      return change === undefined ? store.sql(text, params) : between(at, change, () => store.sql(text, params));
    },
    async transact(work) {
      let name = '';
      const value = await store.transact(async (tx) => {
        const facts = new Set<string>();
        const others = new Set<string>();
        const result = await work({
          ...tx,
          append: (actor, subject, evidence) => {
            facts.add(factOf(subject));
            return tx.append(actor, subject, evidence);
          },
          enqueue: (job, options) => {
            others.add(`enqueue ${job.kind}`);
            return tx.enqueue(job, options);
          },
          sql: (text, params) => {
            const change = changeOf(text);
            if (change !== undefined) others.add(change);
            return tx.sql(text, params);
          },
        });
        name = facts.size > 0 ? `fact ${[...facts].join(' + ')}` : [...others].join(' + ');
        if (name !== '') await at(`before commit of ${name}`);
        return result;
      });
      if (name !== '') await at(`after commit of ${name}`);
      return value;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

export function pointedTarget(target: Target, at: At): Target {
  return {
    kind: target.kind,
    name: target.name,
    read: (signal) => target.read(signal),
    push: (delivery, expected, signal) =>
      between(at, `push ${delivery.manifest.direction}`, () => target.push(delivery, expected, signal)),
    watch: (known, signal) => target.watch(known, signal),
    history: (limit, signal) => target.history(limit, signal),
    readAt: (version, signal) => target.readAt(version, signal),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}

/** Everything that this process says through Slack's Web API. What it only asks changes nothing. */
export function pointSlack(at: At): void {
  const real = WebClient.prototype.apiCall;
  WebClient.prototype.apiCall = function apiCall(this: WebClient, method: string, options) {
    const call = (): ReturnType<typeof real> => real.call(this, method, options);
    if (!/^(chat|views|files)\./.test(method)) return call();
    const inThread = options !== undefined && 'thread_ts' in options;
    return between(
      at,
      `${method}${method === 'chat.postMessage' ? (inThread ? ' of a note' : ' of the root') : ''}`,
      call,
    );
  } as typeof real;
}
