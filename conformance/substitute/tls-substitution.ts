import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../render/json.ts';
import { listAt, member, objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import { canonicalJson } from '../../render/snapshot.ts';
import { typeOf } from '../matching/canonical-body.ts';
import { nameFor, sanMatchersOf } from './certificate-names.ts';
import type { Rewriting, SecretKind } from './rewriting.ts';

const PINS = ['verifyCertificateSpki', 'verifyCertificateHash', 'crl', 'requireSignedCertificateTimestamp'];
const MATCHERS = ['matchTypedSubjectAltNames', 'matchSubjectAltNames'];
const OCSP_AND_KEYS = [
  'ocspStaple',
  'signedCertificateTimestamp',
  'password',
  'pkcs12',
  'privateKeyProvider',
  'watchedDirectory',
];

const isDownstream = (context: JsonObject, key: string): boolean =>
  typeOf(context).endsWith('.DownstreamTlsContext') || key === 'downstreamTlsContext';

/** Puts the cell's PKI into a container that is a TLS context; does nothing to any other. */
export function substituteTlsContext(rewriting: Rewriting, context: JsonObject, key: string): void {
  const common = objectAt(context, 'commonTlsContext');
  if (!common) return;
  const downstream = isDownstream(context, key);

  for (const certificate of objectsAt(common, 'tlsCertificates')) {
    substituteCertificate(rewriting, certificate);
  }
  for (const field of [
    'tlsCertificateProviderInstance',
    'tlsCertificateCertificateProviderInstance',
    'tlsCertificateCertificateProvider',
  ]) {
    if (!common[field]) continue;
    rewriting.drop(common, field, 'tls-material', { became: "the cell's certificate" });
    common.tlsCertificates = [certificateOf(rewriting, field)];
  }
  const combined = objectAt(common, 'combinedValidationContext');
  for (const validation of [objectAt(common, 'validationContext'), objectAt(combined, 'defaultValidationContext')]) {
    if (validation) substituteValidation(rewriting, validation, downstream);
  }
  for (const field of ['validationContextCertificateProviderInstance', 'validationContextCertificateProvider']) {
    if (combined) rewriting.drop(combined, field, 'tls-material', { became: "the cell's authority" });
    if (!common[field]) continue;
    rewriting.drop(common, field, 'tls-material', { became: "the cell's authority" });
    common.validationContext = { trustedCa: authority(rewriting, field) };
  }
  const keyLog = objectAt(common, 'keyLog');
  if (keyLog?.path) rewriting.set(keyLog, 'path', `${rewriting.options.scratchDir}/tls-keys.log`, 'log-path');
  const tickets = objectAt(context, 'sessionTicketKeys');
  if (tickets) substituteTickets(rewriting, tickets);
  if (textAt(context, 'ocspStaplePolicy')) rewriting.drop(context, 'ocspStaplePolicy', 'tls-material');
}

/** The members of a Secret resource. `downstream`: some listener validates its clients with it. */
export function substituteSecret(rewriting: Rewriting, secret: JsonObject, downstream: boolean): void {
  const certificate = objectAt(secret, 'tlsCertificate');
  const validation = objectAt(secret, 'validationContext');
  const tickets = objectAt(secret, 'sessionTicketKeys');
  const generic = objectAt(secret, 'genericSecret');
  if (certificate) substituteCertificate(rewriting, certificate);
  if (validation) substituteValidation(rewriting, validation, downstream);
  if (tickets) substituteTickets(rewriting, tickets);
  for (const holder of [generic, objectAt(generic, 'secrets')]) {
    for (const [name, source] of Object.entries(holder ?? {})) {
      if (holder && (member(source, 'filename') ?? member(source, 'environmentVariable')) !== undefined) {
        rewriting.set(holder, name, { inlineString: 'meshgate' }, 'file', { became: 'a placeholder' });
      }
    }
  }
}

function substituteCertificate(rewriting: Rewriting, certificate: JsonObject): void {
  const mark = markOf(certificate);
  const { pki } = rewriting.options;
  for (const field of OCSP_AND_KEYS)
    rewriting.drop(certificate, field, 'tls-material', field === 'password' ? { was: '(hidden)' } : {});
  const was = sourceText(certificate.certificateChain);
  rewriting.set(certificate, 'certificateChain', pem(pki.certificate, mark), 'tls-material', {
    was,
    became: "the cell's certificate",
  });
  const keyWas = sourceText(certificate.privateKey);
  rewriting.set(certificate, 'privateKey', pem(pki.privateKey, mark), 'tls-material', {
    was: keyWas,
    became: "the cell's key",
  });
}

function substituteValidation(rewriting: Rewriting, validation: JsonObject, downstream: boolean): void {
  const ca = { became: "the cell's authority" };
  const mark = markOf(validation);
  const pinned = PINS.some((field) => validation[field] !== undefined);
  for (const field of [...PINS, 'watchedDirectory']) rewriting.drop(validation, field, 'tls-material');
  for (const field of ['systemRootCerts', 'caCertificateProviderInstance']) {
    if (!validation[field]) continue;
    rewriting.drop(validation, field, 'tls-material', ca);
    validation.trustedCa = pem(rewriting.options.pki.caCertificate, mark);
  }
  const validator = objectAt(validation, 'customValidatorConfig');
  const domains = objectsAt(validator, 'typedConfig', 'trustDomains');
  for (const domain of domains) {
    const was = sourceText(domain.trustBundle);
    rewriting.set(domain, 'trustBundle', pem(rewriting.options.pki.caCertificate, mark), 'tls-material', {
      was,
      ...ca,
    });
  }
  if (validator && domains.length === 0) {
    rewriting.drop(validation, 'customValidatorConfig', 'tls-material', ca);
    validation.trustedCa = pem(rewriting.options.pki.caCertificate, mark);
  }
  if (validation.trustedCa || (pinned && downstream)) {
    const was = sourceText(validation.trustedCa);
    rewriting.set(validation, 'trustedCa', pem(rewriting.options.pki.caCertificate, mark), 'tls-material', {
      was,
      ...ca,
    });
  }
  const matchers = sanMatchersOf(validation);
  // A stand-in gets a certificate that the matchers accept; the one certificate that checks present cannot fit all of them.
  if (matchers.length > 0 && (downstream || !matchers.some((matcher) => nameFor(matcher)))) {
    for (const field of MATCHERS) rewriting.drop(validation, field, 'tls-material', { became: 'any name is accepted' });
  }
}

function substituteTickets(rewriting: Rewriting, tickets: JsonObject): void {
  const keys = listAt(tickets, 'keys').map((key) => ({
    inlineBytes: Buffer.concat([hash('a', key), hash('b', key), hash('c', key)])
      .subarray(0, 80)
      .toString('base64'),
  }));
  rewriting.set(tickets, 'keys', keys, 'tls-material', {
    was: `${keys.length} ticket keys`,
    became: 'keys of the cell',
  });
}

const hash = (salt: string, value: JsonValue): Buffer =>
  createHash('sha256')
    .update(salt + canonicalJson(value))
    .digest();

/** Names what was written, so that a changed certificate is a changed one in the cell too. PEM readers skip text before a block. */
const markOf = (written: JsonValue): string => hash('', written).toString('hex').slice(0, 12);
const pem = (text: string, mark: string): JsonObject => ({ inlineString: `written ${mark}\n${text}` });
const authority = (rewriting: Rewriting, mark: string): JsonObject => pem(rewriting.options.pki.caCertificate, mark);
const certificateOf = ({ options: { pki } }: Rewriting, mark: string): JsonObject => ({
  certificateChain: pem(pki.certificate, mark),
  privateKey: pem(pki.privateKey, mark),
});

/** Where material comes from; never the material itself. */
function sourceText(source: JsonValue | undefined): string {
  const file = textAt(source, 'filename');
  if (file !== undefined) return file;
  const variable = textAt(source, 'environmentVariable');
  if (variable !== undefined) return `$${variable}`;
  return source === undefined ? 'not set' : 'inline';
}

/** A secret of the cell's own, for a name that is asked for and that nobody has. */
export function makeSecret(rewriting: Rewriting, name: string, kind: SecretKind): JsonObject {
  switch (kind) {
    case 'tlsCertificate':
      return { name, tlsCertificate: certificateOf(rewriting, 'nowhere') };
    case 'validationContext':
      return { name, validationContext: { trustedCa: authority(rewriting, 'nowhere') } };
    case 'sessionTicketKeys':
      return {
        name,
        sessionTicketKeys: { keys: [{ inlineBytes: Buffer.alloc(80, hash('a', name)).toString('base64') }] },
      };
    case 'genericSecret':
      return { name, genericSecret: { secret: { inlineString: 'meshgate' } } };
    default:
      return kind satisfies never;
  }
}
