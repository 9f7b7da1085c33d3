import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

type AddressRecord = { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl: number };
type ServiceRecord = {
  readonly type: 'SRV';
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly ttl: number;
};
export type DnsRecord = AddressRecord | ServiceRecord;

/** What it does with questions: answers by the zone, fails (SERVFAIL), says nothing, or sends rubbish. */
export type DnsMood = 'answers' | 'fails' | 'silent' | 'rubbish';

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;
const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** A name server on loopback over UDP (RFC 1035), for zones small enough for one packet. */
export class DnsServer implements AsyncDisposable {
  readonly zone = new Map<string, readonly DnsRecord[]>();
  mood: DnsMood = 'answers';
  /** `A api.test`, in the order in which they came. */
  readonly asked: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message, { port, address }) => {
      const answer = this.#answer(message);
      if (answer) socket.send(answer, port, address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve);
    });
    return new DnsServer(socket);
  }

  get address(): string {
    return `127.0.0.1:${(this.#socket.address() as AddressInfo).port}`;
  }

  #answer(query: Buffer): Buffer | undefined {
    const { name, type, end } = questionIn(query);
    const typeName = Object.entries(TYPES).find(([, code]) => code === type)?.[0] ?? String(type);
    this.asked.push(`${typeName} ${name}`);
    if (this.mood === 'silent') return undefined;
    if (this.mood === 'rubbish')
      return Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x80, 0xff, 0xff, 0xff])]);
    const known = this.zone.get(name);
    const records = this.mood === 'fails' ? [] : (known ?? []).filter((record) => TYPES[record.type] === type);
    const code = this.mood === 'fails' ? SERVFAIL : known ? NOERROR : NXDOMAIN;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2); // an answer, recursion as wanted and available
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    return Buffer.concat([head, query.subarray(12, end), ...records.map(encoded)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }
}

function questionIn(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function encoded(record: DnsRecord): Buffer {
  const data = dataOf(record);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(TYPES[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  if (record.type === 'SRV') return serviceData(record);
  if (record.type === 'A') return Buffer.from(record.address.split('.').map(Number));
  // `a::b` alone, which is all that is needed here
  const [before = '', after = ''] = record.address.split('::').map((half) => half);
  const groups = (half: string): number[] =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const all = [
    ...groups(before),
    ...Array<number>(8 - groups(before).length - groups(after).length).fill(0),
    ...groups(after),
  ];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function serviceData(record: ServiceRecord): Buffer {
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(record.priority, 0);
  numbers.writeUInt16BE(record.weight, 2);
  numbers.writeUInt16BE(record.port, 4);
  const labels = record.target.split('.').filter((label) => label !== '');
  const name = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([numbers, ...name, Buffer.from([0])]);
}
