#!/usr/bin/env node
// Where the npm package starts. An old Node must be able to read this file: it is told what it lacks, and nothing else is imported.
import nodeModule from 'node:module';

const OLDEST = 24;
if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  process.stderr.write(`mesh: needs Node.js ${OLDEST} or newer; this is ${process.version} (${process.execPath})\n`);
  process.exitCode = 2;
} else {
  const { cacheDirOf } = await import('../render/wheels/cache-dir.ts');
  // As the launcher of a checkout does: without it each start pays for compiling anew.
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE || `${cacheDirOf(process.env)}/node`);
  await import('./main.ts');
}
