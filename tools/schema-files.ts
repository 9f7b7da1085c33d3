import { checkJsonSchema } from '../conformance/checks/declared/check-schema.ts';
import { meshJsonSchema } from '../render/config/mesh-schema.ts';

export type SchemaFile = { readonly path: string; readonly text: string };

/** Every published schema with its content, so that a test can hold the committed files against it. */
export const schemaFiles = (): SchemaFile[] => [
  {
    path: 'docs/schema/mesh.schema.json',
    text: `${JSON.stringify({ title: 'Meshgate mesh.yaml', ...meshJsonSchema() }, null, 2)}\n`,
  },
  { path: 'docs/schema/check.schema.json', text: `${JSON.stringify(checkJsonSchema(), null, 2)}\n` },
];
