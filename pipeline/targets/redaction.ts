/** Takes secrets out of text from outside (what git said, what a server answered) before anybody sees it. */
export type Redact = (text: string) => string;

const SHOWN = '***';

/** Each secret is looked for as it is, URL-encoded and in Base64. Text is cut to a length that a log line can take. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const forms = secrets
    .filter((secret) => secret !== undefined && secret !== '')
    .flatMap((secret = '') => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    // what stands before the host of an address is never ours to show, whoever put it there; the user of ssh is no secret
    let shown = text
      .replaceAll(/(\bhttps?:\/\/)[^\s/]*@/gi, `$1${SHOWN}@`)
      .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:)[^\s/]*@/gi, `$1${SHOWN}@`);
    for (const form of forms) shown = shown.replaceAll(form, SHOWN);
    return shown.trim().slice(0, 2_000);
  };
}
