import { isIP, isIPv4 } from 'node:net';
import type { JsonObject } from '../../render/json.ts';
import { numberAt, textAt } from '../../render/read-json.ts';

/** An address as a number with its width; undefined for what is no IP address. */
export function ipBits(address: string): { readonly value: bigint; readonly width: 32 | 128 } | undefined {
  if (isIPv4(address)) {
    return { value: address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n), width: 32 };
  }
  if (isIP(address) === 0) return undefined;
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const v4 = embedded?.[2] ? ipBits(embedded[2]) : undefined;
  const text = v4 ? `${embedded?.[1]}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}` : address;
  const [head = '', tail] = text.replace(/%.*/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const value = [...left, ...zeros, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part || '0'}`), 0n);
  return { value, width: 128 };
}

export type Cidr = { readonly network: bigint; readonly width: 32 | 128; readonly length: number };

/** Reads an `envoy.config.core.v3.CidrRange`; a prefix length that is left out is 0. */
export function cidrOf(range: JsonObject): Cidr | undefined {
  const bits = ipBits(textAt(range, 'addressPrefix') ?? '');
  if (!bits) return undefined;
  const length = Math.min(numberAt(range, 'prefixLen') ?? 0, bits.width);
  const shift = BigInt(bits.width - length);
  return { network: (bits.value >> shift) << shift, width: bits.width, length };
}

export function cidrContains(cidr: Cidr, address: string): boolean {
  const bits = ipBits(address);
  if (!bits || bits.width !== cidr.width) return false;
  const shift = BigInt(cidr.width - cidr.length);
  return bits.value >> shift === cidr.network >> shift;
}

/** An address inside, `offset` after the first (kept inside). */
export function addressIn(cidr: Cidr, offset: number): string {
  const room = cidr.width - cidr.length;
  const value = cidr.network + (room === 0 ? 0n : BigInt(offset) % (1n << BigInt(room)));
  if (cidr.width === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
}

export const isLoopback = (address: string): boolean =>
  address.startsWith('127.') || address === '::1' || address === 'localhost';
