import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { differencesJson } from './differences-json.ts';

/** Writes `render/api/descriptors/differences.json`: `node tools/descriptors/write-differences.ts`, after every change of a set. */
writeFileSync(join(import.meta.dirname, '../../render/api/descriptors/differences.json'), differencesJson());
