type Id<Brand> = string & { readonly brand: Brand };

export type StageName = Id<'StageName'>;
/** Content hash: lower-case hex SHA-256, whole. People are shown its first 12 characters. */
export type Digest = Id<'Digest'>;
/** `1.38.3`, without a leading v. */
export type EnvoyVersion = Id<'EnvoyVersion'>;

export const shortDigest = (digest: Digest): string => digest.slice(0, 12);
