import { status } from '@grpc/grpc-js';
import type { ServerCall } from '../grpc/server-call.ts';
import type { ClientState } from '../xds/client-state.ts';
import { AnswerTooLarge, clientStatusAnswers } from './client-status-answers.ts';
import { type ClientStatusQuestion, clientStatusQuestion } from './client-status-question.ts';
import { BadMatcher } from './node-matcher.ts';

export type ClientStatusPorts = {
  readonly clients: () => Iterable<ClientState>;
  readonly nowEpochMs: () => number;
  /** Default 1 MiB: a client takes 4 MiB unless it is told otherwise. */
  readonly splitBytes?: number;
  /** Default 16 MiB. */
  readonly maxBytes?: number;
  /** Of one call, in any way. */
  readonly onOver?: () => void;
};

const SPLIT_BYTES = 1024 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_REQUEST_BYTES = 64 * 1024;
/** Questions that one stream may have asked before the first of them is answered. */
const MAX_WAITING = 16;
const NOTHING = Buffer.alloc(0);

/** `FetchClientStatus`: one question, one answer. */
export function fetchClientStatus(call: ServerCall, ports: ClientStatusPorts): void {
  answer(call, ports, true);
}

/** `StreamClientStatus`: to each question one answer or several; the stream ends when the client asks no more and all is answered. */
export function streamClientStatus(call: ServerCall, ports: ClientStatusPorts): void {
  answer(call, ports, false);
}

function answer(call: ServerCall, ports: ClientStatusPorts, isOne: boolean): void {
  const { clients, nowEpochMs, splitBytes = SPLIT_BYTES, maxBytes = MAX_BYTES, onOver = () => {} } = ports;
  const limits = { splitBytes: isOne ? Number.POSITIVE_INFINITY : splitBytes, maxBytes };
  const waiting: ClientStatusQuestion[] = [];
  let asked = 0;
  let isAnswering = false;
  let isAskedOut = false;
  let goOn = (): void => {};

  const answerAll = async (): Promise<void> => {
    isAnswering = true;
    for (let question = waiting.shift(); question && !call.isOver; question = waiting.shift())
      for await (const message of clientStatusAnswers(clients(), question, nowEpochMs, limits)) {
        if (call.isOver) return;
        if (call.write(framed(message), NOTHING)) continue;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
    isAnswering = false;
    if (isOne || isAskedOut) call.end(status.OK);
  };
  const failed = (fault: unknown): void => {
    if (fault instanceof AnswerTooLarge)
      call.end(
        status.RESOURCE_EXHAUSTED,
        `${fault.message}: ask with node_matchers or exclude_resource_contents${isOne ? ', or StreamClientStatus' : ''}`,
      );
    else call.end(status.INTERNAL, 'the client status failed');
  };

  call.listen(MAX_REQUEST_BYTES, {
    onMessage(bytes) {
      const question = questionIn(bytes);
      asked += 1;
      if (typeof question === 'string') call.end(status.INVALID_ARGUMENT, question);
      else if (isOne && asked > 1) call.end(status.INVALID_ARGUMENT, 'a call of FetchClientStatus asks once');
      else if (waiting.length >= MAX_WAITING)
        call.end(status.RESOURCE_EXHAUSTED, `more than ${MAX_WAITING} questions wait for their answer`);
      else {
        waiting.push(question);
        if (!isAnswering) answerAll().catch(failed);
      }
    },
    onHalfClose() {
      isAskedOut = true;
      if (isOne && asked === 0) call.end(status.INVALID_ARGUMENT, 'a request without a message');
      else if (!isOne && !isAnswering) call.end(status.OK);
    },
    onDrain: () => goOn(),
    onClosed() {
      goOn();
      onOver();
    },
  });
}

function questionIn(bytes: Buffer): ClientStatusQuestion | string {
  try {
    return clientStatusQuestion(bytes) ?? 'not a ClientStatusRequest';
  } catch (fault) {
    if (fault instanceof BadMatcher) return fault.message;
    throw fault;
  }
}

function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
