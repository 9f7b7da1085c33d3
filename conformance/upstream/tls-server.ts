import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import type { CertificateNames, IssuedCertificate, Pki } from '../pki/pki.ts';
import type { StandInState } from './stand-in-state.ts';

/**
 * A TLS server that listens nowhere: sockets are handed to it by emitting `connection`. Its certificate carries the names of the
 * spec and, where the client asks for a server name, that name too. Client certificates are asked for and never insisted on.
 * Old protocol versions and weak ciphers are let in: how strict TLS is, is the config's affair, and its Envoy's.
 */
export async function createTlsServer(
  pki: Pki,
  standIn: StandInState,
  onSecure: (socket: TLSSocket) => void,
): Promise<Server> {
  const names: CertificateNames = {
    dns: [...standIn.names.dns],
    uri: [...standIn.names.uri],
    ip: [...standIn.names.ip],
  };
  const contexts = new Map<string, Promise<SecureContext>>();
  const server = createServer({
    ...tolerant(await pki.issue(names)),
    ca: pki.caCertificate,
    requestCert: true,
    rejectUnauthorized: false,
    allowHalfOpen: true,
    ALPNCallback: ({ protocols }) => PREFERRED_PROTOCOLS.find((known) => protocols.includes(known)) ?? protocols[0],
    SNICallback: (serverName, done) => {
      if (names.dns.includes(serverName)) return done(null);
      let context = contexts.get(serverName);
      if (!context) {
        context = pki
          .issue({ ...names, dns: [...names.dns, serverName] })
          .then((issued) => createSecureContext({ ...tolerant(issued), ca: pki.caCertificate }));
        contexts.set(serverName, context);
      }
      // A name that no certificate can carry gets the certificate that there is.
      context.then((made) => done(null, made)).catch(() => done(null));
    },
  });
  server.on('secureConnection', onSecure);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

const PREFERRED_PROTOCOLS = ['h2', 'http/1.1'];

const tolerant = ({ certificate, privateKey }: IssuedCertificate) =>
  ({ cert: certificate, key: privateKey, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }) as const;
