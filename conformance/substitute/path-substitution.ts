import { createHash } from 'node:crypto';
import type { JsonObject } from '../../render/json.ts';
import { objectAt, textAt } from '../../render/read-json.ts';
import { typeOf } from '../matching/canonical-body.ts';
import { accessLogFile } from './access-log-file.ts';
import { googleHostKey } from './google-grpc.ts';
import type { Rewriting } from './rewriting.ts';

const FILE_LOG = 'envoy.extensions.access_loggers.file.v3.FileAccessLog';
const STREAM_LOGS: Readonly<Record<string, string>> = {
  'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': '/dev/stdout',
  'envoy.extensions.access_loggers.stream.v3.StderrAccessLog': '/dev/stderr',
};
/** Fields whose text is content that no check depends on, so that a placeholder does as well as the file. */
const CONTENT = ['body', 'textFormatSource', 'users', 'credentialsDataSource'];
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  users: 'meshgate:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n',
  credentialsDataSource: '[default]\naws_access_key_id=meshgate\naws_secret_access_key=meshgate\n',
};
const DIRECTORIES = ['cachePath', 'pathPrefix'];

/** The file for anything else that Envoy would write or listen on, named after the original path. Short: sockets allow 108 bytes. */
export const scratchFile = (scratchDir: string, originalPath: string): string =>
  `${scratchDir}/${createHash('sha256').update(originalPath).digest('hex').slice(0, 12)}`;

/** Paths that Envoy would write to, files that it would read, and Google gRPC targets, in one container. */
export function substitutePaths(rewriting: Rewriting, container: JsonObject, key: string): void {
  const { scratchDir, upstreamHost, portOf } = rewriting.options;
  const type = typeOf(container);
  const stream = STREAM_LOGS[type];
  const path = textAt(container, 'path');
  if (stream !== undefined) {
    const file = accessLogFile(scratchDir, stream);
    rewriting.set(container, '@type', `type.googleapis.com/${FILE_LOG}`, 'log-path', { was: stream, became: file });
    container.path = file;
  } else if (type === FILE_LOG && path !== undefined && path !== '/dev/null') {
    rewriting.set(container, 'path', accessLogFile(scratchDir, path), 'log-path');
  }
  const eventLog = textAt(container, 'eventLogPath');
  if (eventLog) rewriting.set(container, 'eventLogPath', accessLogFile(scratchDir, eventLog), 'log-path');
  for (const field of DIRECTORIES) {
    const directory = textAt(container, field);
    if (directory && (field !== 'pathPrefix' || key === 'filePerTap')) {
      rewriting.set(container, field, scratchFile(scratchDir, directory), 'file');
    }
  }
  for (const field of CONTENT) {
    const source = objectAt(container, field);
    const filename = textAt(source, 'filename');
    if (!source || filename === undefined) continue;
    const inlineString = PLACEHOLDERS[field] ?? `placeholder of ${filename}`;
    rewriting.set(container, field, { inlineString }, 'file', { was: filename, became: 'a placeholder' });
  }
  const service = objectAt(container, 'googleGrpc');
  const uri = textAt(service, 'targetUri');
  if (service && uri) {
    rewriting.set(service, 'targetUri', `${upstreamHost}:${portOf(googleHostKey(uri))}`, 'outside-service');
    for (const field of [
      'channelCredentials',
      'callCredentials',
      'credentialsFactoryName',
      'channelCredentialsPlugin',
      'callCredentialsPlugin',
    ]) {
      rewriting.drop(service, field, 'outside-service', { was: '(credentials)', became: 'plain text to a stand-in' });
    }
  }
}
