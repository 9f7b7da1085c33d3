import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Redact } from '../redaction.ts';
import { TargetError } from '../target.ts';

export type S3Settings = {
  readonly target: string;
  readonly bucket: string;
  /** For anything that is not AWS. With it, buckets are addressed by path unless `pathStyle` says otherwise. */
  readonly endpoint?: string | undefined;
  /** Default `us-east-1`, which stores of one region take for their own. */
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  /** Where absent: the default chain of the SDK. */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
  readonly redact: Redact;
};

export type StoredText = { readonly text: string; readonly etag: string };
/** `same` for a question with `unless` whose object has that ETag still. */
export type Got = StoredText | 'same' | undefined;
export type PutCondition = { readonly ifMatch: string } | { readonly ifAbsent: true };

export type ObjectStore = {
  get(
    key: string,
    options?: { readonly unless?: string | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<Got>;
  /** False where the condition did not hold; without one it always writes. */
  put(key: string, text: string, condition?: PutCondition, signal?: AbortSignal): Promise<boolean>;
  /** ETags by the rest of the key. At most 1,000. */
  list(prefix: string, signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
  close(): void;
};

/** The few calls that we make of S3. Rejects with `TargetError` after at most half a minute. */
export function objectStore(settings: S3Settings): ObjectStore {
  const { target, bucket, endpoint, region = 'us-east-1', credentials, redact } = settings;
  const client = new S3Client({
    region,
    maxAttempts: 2,
    // others than AWS refuse the checksums that newer SDKs send unasked
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    forcePathStyle: settings.pathStyle ?? endpoint !== undefined,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials ? { credentials } : {}),
  });
  const failed = (what: string, error: unknown, signal?: AbortSignal): never => {
    signal?.throwIfAborted();
    const { name, message } = error as Error;
    const status = statusOf(error);
    throw new TargetError(target, redact(`cannot ${what}: ${name}${status ? ` (${status})` : ''}: ${message}`));
  };
  const abort = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

  return {
    async get(key, { unless, signal } = {}) {
      signal?.throwIfAborted();
      try {
        const input = { Bucket: bucket, Key: key, ...(unless === undefined ? {} : { IfNoneMatch: unless }) };
        const { Body, ETag } = await client.send(new GetObjectCommand(input), abort(signal));
        return { text: (await Body?.transformToString('utf-8')) ?? '', etag: ETag ?? '' };
      } catch (error) {
        if (statusOf(error) === 304) return 'same'; // the SDK has it for an error
        if ((error as Error).name === 'NoSuchKey') return undefined;
        return failed(`read ${key}`, error, signal);
      }
    },
    async put(key, text, condition, signal) {
      signal?.throwIfAborted();
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: text,
            ContentType: 'application/json',
            ...(condition && 'ifMatch' in condition ? { IfMatch: condition.ifMatch } : {}),
            ...(condition && 'ifAbsent' in condition ? { IfNoneMatch: '*' } : {}),
          }),
          abort(signal),
        );
        return true;
      } catch (error) {
        const status = statusOf(error);
        // 409: AWS, when two conditional writes meet; 404: If-Match on what is gone
        if (condition && (status === 412 || status === 409 || (error as Error).name === 'NoSuchKey')) return false;
        return failed(`write ${key}`, error, signal);
      }
    },
    async list(prefix, signal) {
      signal?.throwIfAborted();
      try {
        const { Contents = [] } = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
          abort(signal),
        );
        return new Map(Contents.map(({ Key = '', ETag = '' }) => [Key.slice(prefix.length), ETag]));
      } catch (error) {
        return failed(`list ${prefix}`, error, signal);
      }
    },
    close: () => client.destroy(),
  };
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
