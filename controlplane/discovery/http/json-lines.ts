import type { IncomingMessage } from 'node:http';
import { SourceFault } from '../ask-on.ts';

/** The lines of a body as they come. Rejects with a `SourceFault` for one longer than `maxBytes`, and when the body breaks off. */
export async function* linesOf(body: IncomingMessage, maxBytes: number, origin: string): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  const take = (piece: Buffer): void => {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw new SourceFault(`${origin} sent a line of more than ${maxBytes} bytes`);
    pieces.push(piece);
  };
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const step = await chunks.next().catch(() => {
      throw new SourceFault(`${origin} broke off`);
    });
    if (step.done) break;
    let rest = step.value;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      take(rest.subarray(0, end));
      const line = Buffer.concat(pieces).toString('utf8');
      pieces = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') yield line;
    }
    if (rest.byteLength > 0) take(rest);
  }
  const last = Buffer.concat(pieces).toString('utf8');
  if (last.trim() !== '') yield last;
}
