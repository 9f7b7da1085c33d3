import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { schemaFiles } from './schema-files.ts';

// Writes the JSON Schemas of docs/schema/ from the schemas that Meshgate itself reads by: `npm run schema`.
const root = join(import.meta.dirname, '..');
for (const { path, text } of schemaFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  console.log(path);
}
