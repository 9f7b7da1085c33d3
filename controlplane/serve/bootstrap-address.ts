/** Where an Envoy reaches what its bootstrap names; `host` without brackets. */
export type BootstrapAddress = { readonly host: string; readonly port: number };
