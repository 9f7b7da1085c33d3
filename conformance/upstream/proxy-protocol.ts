import { isIPv6 } from 'node:net';
import type { ProxyProtocolHeader } from './stand-in.ts';

/** https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt */
const V1_START = Buffer.from('PROXY ');
/** With its line end. */
const V1_MAX_BYTES = 107;
const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** `undecided`: more bytes are needed. */
export type ProxyProtocolReading =
  | { readonly kind: 'absent' | 'undecided' }
  | { readonly kind: 'header'; readonly header: ProxyProtocolHeader; readonly length: number };

/** Looks for a PROXY protocol header (version 1 or 2) at the very start of a connection. */
export function readProxyProtocol(bytes: Buffer): ProxyProtocolReading {
  if (startsAlike(bytes, V1_START)) return readVersion1(bytes);
  if (startsAlike(bytes, V2_SIGNATURE)) return readVersion2(bytes);
  return { kind: 'absent' };
}

/** True if one of the two begins with the other. */
export function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function readVersion1(bytes: Buffer): ProxyProtocolReading {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) return { kind: bytes.length >= V1_MAX_BYTES ? 'absent' : 'undecided' };
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = ''] = bytes
    .toString('latin1', 0, end)
    .split(' ');
  const known = family === 'TCP4' || family === 'TCP6';
  const header = {
    version: 1 as const,
    source: known ? endpoint(source, Number(sourcePort)) : undefined,
    destination: known ? endpoint(destination, Number(destinationPort)) : undefined,
  };
  return { kind: 'header', header, length: end + 2 };
}

function readVersion2(bytes: Buffer): ProxyProtocolReading {
  if (bytes.length < 16) return { kind: 'undecided' };
  const length = 16 + bytes.readUInt16BE(14);
  if (bytes.length < length) return { kind: 'undecided' };
  const proxied = bytes.readUInt8(12) === 0x21;
  const addressBytes = { 1: 4, 2: 16 }[bytes.readUInt8(13) >> 4];
  if (!proxied || addressBytes === undefined || length < 16 + 2 * addressBytes + 4) {
    return { kind: 'header', header: { version: 2, source: undefined, destination: undefined }, length };
  }
  const ports = 16 + 2 * addressBytes;
  const header = {
    version: 2 as const,
    source: endpoint(address(bytes.subarray(16, 16 + addressBytes)), bytes.readUInt16BE(ports)),
    destination: endpoint(address(bytes.subarray(16 + addressBytes, ports)), bytes.readUInt16BE(ports + 2)),
  };
  return { kind: 'header', header, length };
}

const endpoint = (host: string, port: number): string => (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`);

function address(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
  // The URL parser knows the short form of an IPv6 address.
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
