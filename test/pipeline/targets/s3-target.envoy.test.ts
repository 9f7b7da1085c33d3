import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTarget } from '../../../pipeline/targets/open-target.ts';
import { TargetError } from '../../../pipeline/targets/target.ts';
import type { StageTarget } from '../../../render/config/mesh-config.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { type S3Server, s3ServerMissing, startS3Server } from '../../real/s3-server.ts';
import { startBetween } from './between.ts';
import { deliveryOf, snapshotWith } from './deliveries.ts';
import { targetContract } from './target-contract.ts';
import type { Place, Store } from './target-store.ts';

const CACHE = join(cacheDirOf(process.env), 'servers');
const Bucket = 'mesh-live';
const missing = await s3ServerMissing(CACHE);

describe.skipIf(missing)(`S3${missing ? ` (${missing})` : ''}`, () => {
  let server: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    server = await startS3Server(CACHE);
    const { endpoint, credentials } = server;
    client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket }));
  }, 600_000);
  afterAll(async () => {
    client?.destroy();
    await server?.[Symbol.asyncDispose]();
  });

  let count = 0;
  const placeAt = (prefix: string, bucket = Bucket): Place => ({
    target: { kind: 's3', bucket, prefix, endpoint: server.endpoint, region: 'us-east-1' },
    options: { baseDir: '/', secrets: { s3: server.credentials } },
  });
  const prefixOf = ({ target }: Place): string => (target.kind === 's3' ? target.prefix : '');

  const store: Store = {
    get secrets() {
      return [server.credentials.secretAccessKey];
    },
    async place() {
      count += 1;
      return placeAt(`live-${count}/beta`);
    },
    async removeManifest(place) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: `${prefixOf(place)}/current.json` }));
    },
    async editClusters(place, edit) {
      const { Contents = [] } = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: `${prefixOf(place)}/snapshots/` }),
      );
      const Key = Contents.find((object) => object.Key?.endsWith('/clusters.json'))?.Key;
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      const text = (await Body?.transformToString('utf-8')) ?? '';
      await client.send(new PutObjectCommand({ Bucket, Key, Body: edit(text) }));
    },
    takeAway: () => server.kill(),
    bringBack: () => server.start(),
    hostilePlaces: async () =>
      [
        '',
        '/',
        '-rf/--',
        'with space',
        '../up',
        'a/./b',
        'ü/…',
        'a+b&c=d?x#y',
        '%2e%2e/x',
        'a//b',
        "it's",
        'new\nline',
      ].map((prefix) => placeAt(prefix)),
  };

  targetContract('s3', () => store);

  test('a key that the store does not take is an error in words, which do not have it', async () => {
    const { target } = await store.place();
    const secretAccessKey = 'not-the-key-of-this-store';
    const opened = await openTarget(target, {
      baseDir: '/',
      secrets: { s3: { accessKeyId: server.credentials.accessKeyId, secretAccessKey } },
    });
    const error = await opened.read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TargetError);
    expect((error as Error).message).toMatch(/403/);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secretAccessKey);
  });

  test('a bucket that is not there is not empty', async () => {
    const opened = await openTarget(placeAt('x', 'no-such-bucket').target, {
      baseDir: '/',
      secrets: { s3: server.credentials },
    });
    await expect(opened.read()).rejects.toThrow(/NoSuchBucket/);
  });

  test('the same pointer content never comes again, although the same snapshot does', async () => {
    const { target, options } = await store.place();
    const opened = await openTarget(target, options);
    const { version: empty } = await opened.read();
    const snapshot = snapshotWith('1s');
    const first = await opened.push(deliveryOf('beta-1', { snapshot }), empty);
    const etagOf = async () =>
      (await client.send(new GetObjectCommand({ Bucket, Key: `${prefixOf({ target, options })}/current.json` }))).ETag;
    const before = await etagOf();
    const second = await opened.push(deliveryOf('beta-2', { snapshot: snapshotWith('2s') }), first.version);
    const third = await opened.push(deliveryOf('beta-1', { snapshot }), second.version);
    expect(third.kind).toBe('pushed');
    expect(third.version).not.toBe(first.version);
    expect(await etagOf()).not.toBe(before);
  });

  test('an answer that is lost on the way is found out by reading back', async () => {
    const { target, options } = await store.place();
    const isPointer = ({ method, url }: { method?: string | undefined; url?: string | undefined }) =>
      method === 'PUT' && (url ?? '').includes('/current.json');
    await using between = await startBetween(server.endpoint, { losesAnswer: () => true }, isPointer);
    const opened = await openTarget({ ...target, endpoint: between.url } as StageTarget, options);
    const { version: empty } = await opened.read();
    const result = await opened.push(deliveryOf('beta-1'), empty);
    expect(result).toEqual({ kind: 'pushed', version: (await opened.read()).version });
    expect(between.pushes()).toBeGreaterThan(0);
    expect(await opened.history(10)).toHaveLength(1);
  });
});
