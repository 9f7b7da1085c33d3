import { join } from 'node:path';
import type { LaunchOptions } from './envoy-launcher.ts';

/** The files of one Envoy in its scratch directory. */
export const bootstrapFile = (scratchDir: string): string => join(scratchDir, 'bootstrap.json');
export const adminAddressFile = (scratchDir: string): string => join(scratchDir, 'admin-address');
export const logFilePath = (scratchDir: string): string => join(scratchDir, 'envoy.log');

type Flags = Pick<LaunchOptions, 'scratchDir' | 'concurrency' | 'drainSeconds'>;

/** The same for both launchers, so that a cell behaves the same under either. */
export const serveArguments = ({ scratchDir, concurrency = 1, drainSeconds = 1 }: Flags): string[] => [
  '--config-path',
  bootstrapFile(scratchDir),
  '--concurrency',
  String(concurrency),
  '--drain-time-s',
  String(drainSeconds),
  // Envoys on one machine share a network namespace, and so the sockets of hot restart.
  '--use-dynamic-base-id',
  '--admin-address-path',
  adminAddressFile(scratchDir),
];

export const validateArguments = ({ scratchDir, concurrency = 1 }: Flags): string[] => [
  '--mode',
  'validate',
  '--config-path',
  bootstrapFile(scratchDir),
  '--concurrency',
  String(concurrency),
];
