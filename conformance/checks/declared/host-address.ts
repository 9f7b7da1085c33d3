/** `10.0.0.7:8080`, `[::1]:80` or `api.example.com:443`; undefined for anything else. */
export function parseHostAddress(text: string): { readonly address: string; readonly port: number } | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  return address === undefined || Number(port) > 65_535 ? undefined : { address, port: Number(port) };
}

/** As `parseHostAddress`, for a text that was held against it before. */
export const hostAddress = (text: string): { readonly address?: string; readonly port?: number } =>
  parseHostAddress(text) ?? { address: text };
