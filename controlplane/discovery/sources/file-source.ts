import { type Asking, askOn, SourceFault } from '../ask-on.ts';
import { type DiscoveredHost, MAX_HOSTS } from '../discovered-host.ts';
import { firstIssue, hostList, hostOf } from '../host-schema.ts';
import type { HostSource } from '../host-source.ts';
import { type FilePorts, fileRetry, followFile, POLL_MS, yamlOf } from './follow-file.ts';

/** The hosts of a file: a YAML or JSON list, read again whenever it changes. */
export function fileSource({ path }: { readonly path: string }, ports: FilePorts): HostSource {
  const ask: Asking = async function* (signal) {
    const read = followFile(path, ports, (text) => ({ hosts: readHosts(path, text) }), signal);
    return yield* read;
  };
  return askOn(`file ${path}`, ask, fileRetry(ports.pollMs ?? POLL_MS));
}

/** Throws a `SourceFault` that names what is wrong, and never what is written there. */
export function readHosts(path: string, text: string): readonly DiscoveredHost[] {
  const value = yamlOf(path, text);
  if (Array.isArray(value) && value.length > MAX_HOSTS)
    throw new SourceFault(`${path} has more than ${MAX_HOSTS} hosts`);
  const parsed = hostList.safeParse(value);
  if (!parsed.success) throw new SourceFault(`${path}: ${firstIssue(parsed.error)}`);
  return parsed.data.map(hostOf);
}
