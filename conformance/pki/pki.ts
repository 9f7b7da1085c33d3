import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { CellPki } from '../cell/running-cell.ts';
import type { StandInSpec } from '../upstream/stand-in.ts';
import { createTokenSigner, type TokenSigner } from './token-signer.ts';

/** What a certificate vouches for. */
export type CertificateNames = StandInSpec['certificateNames'];
/** PEM texts of a leaf and of its key. */
export type IssuedCertificate = { readonly certificate: string; readonly privateKey: string };

/** A certificate authority that lives as long as the process, and what it signs. */
export type Pki = CellPki &
  TokenSigner & {
    /**
     * A leaf for these names, good for a day, for the server's side and the client's alike. The same names give the same
     * certificate. Rejects with `RangeError` for a name that no certificate can carry.
     */
    issue(names: CertificateNames): Promise<IssuedCertificate>;
  };

const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of containers may be behind. */
const BACKDATED_MS = 60 * 60 * 1000;
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** What listeners show and clients present unless they ask for names of their own. */
const OWN_NAMES: CertificateNames = {
  dns: ['localhost', '*.localhost', 'meshgate.test', '*.meshgate.test'],
  uri: ['spiffe://meshgate.test/cell'],
  ip: ['127.0.0.1', '::1'],
};

let shared: Promise<Pki> | undefined;

/** The PKI of this process, made at the first call (about 0.1 s, most of it loading the library). */
export function sharedPki(): Promise<Pki> {
  shared ??= createPki();
  return shared;
}

/**
 * Makes an authority and its own leaf; nothing touches the disk. All leaves share one P-256 key: making keys is the dear part,
 * and nobody keeps secrets in a cell. `nowEpochMs`: what the certificates count as now; the default is the process's own clock,
 * because it is the one that TLS libraries on this machine will compare with.
 */
export async function createPki(nowEpochMs: number = performance.timeOrigin + performance.now()): Promise<Pki> {
  // Loaded here and not above: most runs of the command never need it, and it takes 0.1 s.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const validity = {
    notBefore: new Date(nowEpochMs - BACKDATED_MS),
    notAfter: new Date(nowEpochMs + DAY_MS),
    signingAlgorithm: EC,
  };
  const newKeys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const [authorityKeys, leafKeys] = await Promise.all([newKeys(), newKeys()]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      name: `CN=Meshgate cell authority ${serialNumber().slice(0, 8)}`,
      serialNumber: serialNumber(),
      keys: authorityKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const privateKey = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey),
    x509.PemConverter.PrivateKeyTag,
  );
  const fixedExtensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey, false, webcrypto),
    await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey, false, webcrypto),
  ];

  async function sign(names: CertificateNames): Promise<IssuedCertificate> {
    const alternatives = [
      ...names.dns.map((value) => ({ type: 'dns' as const, value: asciiName(value) })),
      ...names.uri.map((value) => ({ type: 'url' as const, value: asciiName(value) })),
      ...names.ip.map((value) => ({ type: 'ip' as const, value: ipAddress(value) })),
    ];
    const leaf = await x509.X509CertificateGenerator.create(
      {
        ...validity,
        // The name itself stands in the alternatives: a common name has 64 characters, host names have more.
        subject: 'CN=Meshgate cell',
        issuer: authority.subject,
        serialNumber: serialNumber(),
        publicKey: leafKeys.publicKey,
        signingKey: authorityKeys.privateKey,
        extensions:
          alternatives.length === 0
            ? fixedExtensions
            : [...fixedExtensions, new x509.SubjectAlternativeNameExtension(alternatives)],
      },
      webcrypto,
    );
    return { certificate: `${leaf.toString('pem')}\n`, privateKey };
  }

  const issued = new Map<string, Promise<IssuedCertificate>>();
  function issue(names: CertificateNames): Promise<IssuedCertificate> {
    const wanted = { dns: distinct(names.dns), uri: distinct(names.uri), ip: distinct(names.ip) };
    const key = JSON.stringify(wanted);
    const known = issued.get(key);
    if (known) return known;
    const made = sign(wanted);
    issued.set(key, made);
    made.catch(() => issued.delete(key));
    return made;
  }

  const own = await issue(OWN_NAMES);
  return {
    caCertificate: `${authority.toString('pem')}\n`,
    ...own,
    ...createTokenSigner(privateKey, nowEpochMs),
    issue,
  };
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** Positive, 16 bytes. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function asciiName(value: string): string {
  if (value === '' || /[^\x21-\x7e]/.test(value)) {
    throw new RangeError(
      `certificate name ${JSON.stringify(value)}: only printable ASCII without spaces can stand in a certificate`,
    );
  }
  return value;
}

function ipAddress(value: string): string {
  if (isIP(value) === 0) throw new RangeError(`certificate name ${JSON.stringify(value)}: not an IP address`);
  return value;
}
