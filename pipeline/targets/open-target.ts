import { tmpdir } from 'node:os';
import type { StageTarget } from '../../render/config/mesh-config.ts';
import type { Target } from './target.ts';

export type TargetSecrets = {
  /** For `https:` git remotes: the password, or an access token. */
  readonly gitToken?: string | undefined;
  /** An application token of Central Dogma (`appToken-…`). */
  readonly centralDogmaToken?: string | undefined;
  /** Where absent, the default chain of the AWS SDK is asked (environment, profile, container, instance). */
  readonly s3?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
};

export type OpenTargetOptions = {
  /** Absolute: what relative paths of `git` and `dir` targets are relative to. */
  readonly baseDir: string;
  /** Absolute; for copies of remote repositories. Default: the system's directory for temporary files. */
  readonly scratchDir?: string;
  readonly secrets?: TargetSecrets;
  /** Makes repositories and directories at their first use. Default true. */
  readonly init?: boolean;
};

/** The target as configured. Nothing is asked of it yet; each kind's libraries are loaded at its first use only. */
export async function openTarget(target: StageTarget, options: OpenTargetOptions): Promise<Target> {
  const { baseDir, scratchDir = tmpdir(), secrets = {}, init = true } = options;
  switch (target.kind) {
    case 'git': {
      const { gitTarget } = await import('./git-target.ts');
      const { repository, branch } = target;
      return gitTarget({ repository, branch, baseDir, scratchDir, init, token: secrets.gitToken });
    }
    case 'dir': {
      const { dirTarget } = await import('./dir-target.ts');
      return dirTarget({ path: target.path, baseDir, init });
    }
    case 'central-dogma': {
      const { centralDogmaTarget } = await import('./central-dogma-target.ts');
      return centralDogmaTarget({ ...target, token: secrets.centralDogmaToken });
    }
    case 's3': {
      const { s3Target } = await import('./s3-target.ts');
      return s3Target({ ...target, credentials: secrets.s3 });
    }
    default:
      return target satisfies never;
  }
}
