import { z } from 'zod';
import { SourceFault } from '../../discovery/ask-on.ts';
import { firstIssue } from '../../discovery/host-schema.ts';
import { type FilePorts, fileRetry, followFile, POLL_MS, yamlOf } from '../../discovery/sources/follow-file.ts';
import { type ServiceAsking, type ServiceList, serviceList } from '../service-list.ts';

const MAX_SERVICES = 10_000;
const text = z.string({ error: 'a text' }).max(512, 'a text of at most 512 characters');
const services = z
  .array(
    z.strictObject({
      name: text.min(1, 'a text that is not empty'),
      tags: z.array(text, { error: 'a list of tags' }).optional(),
    }),
    { error: 'a list of services' },
  )
  .max(MAX_SERVICES, `at most ${MAX_SERVICES} services`);

/** Services in a file: a YAML or JSON list of `name` and `tags`, in the folder of host files, read again whenever it changes. */
export function fileServices(
  { path, tag }: { readonly path: string; readonly tag: string },
  ports: FilePorts,
): ServiceList {
  const read = (written: string) => {
    const parsed = services.safeParse(yamlOf(path, written));
    if (!parsed.success) throw new SourceFault(`${path}: ${firstIssue(parsed.error)}`);
    return parsed.data.map(({ name, tags = [] }) => ({ name, tags }));
  };
  const ask: ServiceAsking = (signal) => followFile(path, ports, read, signal);
  return serviceList(`services of file ${path} tagged ${tag}`, tag, ask, fileRetry(ports.pollMs ?? POLL_MS));
}
