export type WheelFault =
  | 'NO_PIP'
  | 'NO_NETWORK'
  | 'UNKNOWN_VERSION'
  | 'CHECKSUM_MISMATCH'
  | 'DISK_FULL'
  | 'CACHE_UNUSABLE'
  | 'DOWNLOAD_FAILED';

/** A wheel could not be had. The message is one line: what is missing, and the ways to get it. */
export class WheelError extends Error {
  override readonly name = 'WheelError';
  readonly code: WheelFault;
  constructor(code: WheelFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
