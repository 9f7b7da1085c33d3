import type { JsonObject } from '../../../render/json.ts';
import { flagAt, listAt, objectAt, objectsAt } from '../../../render/read-json.ts';
import { walkObjects } from '../../../render/references/walk-json.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

const CERTIFICATE_SOURCES = [
  'tlsCertificateProviderInstance',
  'tlsCertificateCertificateProviderInstance',
  'tlsCertificateCertificateProvider',
  'customTlsCertificateSelector',
];

type Fault = Omit<Complaint, 'resource'>;

/** `No TLS certificates found for server context` */
function serverFaults(context: JsonObject): readonly Fault[] {
  const common = objectAt(context, 'commonTlsContext');
  if (listAt(common, 'tlsCertificates').length > 0 || listAt(common, 'tlsCertificateSdsSecretConfigs').length > 0)
    return [];
  if (CERTIFICATE_SOURCES.some((source) => common?.[source] !== undefined)) return [];
  const want = 'tls_certificates, or tls_certificate_sds_secret_configs';
  return [{ holder: common ?? context, saw: 'a downstream TLS context without certificate', want }];
}

/** `Failed to load incomplete private key` */
function certificateFaults(certificate: JsonObject): readonly Fault[] {
  if (
    certificate.privateKey !== undefined ||
    certificate.privateKeyProvider !== undefined ||
    certificate.pkcs12 !== undefined
  )
    return [];
  return [
    { holder: certificate, saw: 'a TLS certificate without private_key', want: 'certificate_chain and private_key' },
  ];
}

/** Without an authority there is nothing that a name or an expiry could be checked on. */
function validationFaults(validation: JsonObject): readonly Fault[] {
  const trusted = ['trustedCa', 'caCertificateProviderInstance', 'systemRootCerts', 'customValidatorConfig'];
  if (trusted.some((source) => validation[source] !== undefined)) return [];
  const faults: Fault[] = [];
  for (const key of ['matchTypedSubjectAltNames', 'matchSubjectAltNames'])
    if (listAt(validation, key).length > 0)
      faults.push({ holder: validation, key, saw: `${key} without trusted_ca`, want: 'trusted_ca' });
  if (flagAt(validation, 'allowExpiredCertificate'))
    faults.push({
      holder: validation,
      key: 'allowExpiredCertificate',
      saw: 'allow_expired_certificate without trusted_ca',
      want: 'trusted_ca',
    });
  return faults;
}

const tlsContext: SnapshotRule = {
  code: 'tls-context',
  severity: 'error',
  summary: 'A TLS context lacks a certificate, a private key, or the authority to check against.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource) => {
      const faults: Fault[] = [];
      walkObjects(resource.body, ({ object, message, above, key }) => {
        if (object['@type'] !== undefined && message?.endsWith('.tls.v3.DownstreamTlsContext'))
          faults.push(...serverFaults(object));
        if (key === 'downstreamTlsContext') faults.push(...serverFaults(object));
        for (const certificate of objectsAt(object, 'tlsCertificates')) faults.push(...certificateFaults(certificate));
        const validation = objectAt(object, 'validationContext');
        // A combined context may get its authority from the secret.
        if (validation && !above.some((one) => one.combinedValidationContext !== undefined))
          faults.push(...validationFaults(validation));
      });
      if (resource.kind === 'secret') {
        const certificate = objectAt(resource.body, 'tlsCertificate');
        if (certificate) faults.push(...certificateFaults(certificate));
      }
      return faults.map((fault) => ({ resource, ...fault }));
    }),
};

export const TLS_RULES: readonly SnapshotRule[] = [tlsContext];
