import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { driftOf } from './pictures/drift-of.ts';
import { takePictures } from './pictures/take-pictures.ts';

// `npm run screenshots` writes docs/images/; with `--check` it says which of them have drifted, and exits with 1.
// The same page with the same fonts (DejaVu) differs by nothing; another Chromium may round a corner otherwise. A word that changed is
// more than this share of a picture.
const MOST_DRIFT = 0.0002;
const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));

const isCheck = process.argv.includes('--check');
await mkdir(FOLDER, { recursive: true });
let drifted = 0;
for (const [name, picture] of await takePictures()) {
  const file = `${FOLDER}${name}.png`;
  const kept = await readFile(file).catch(() => undefined);
  const drift = kept ? driftOf(kept, picture) : 1;
  const words = kept ? `${(100 * drift).toFixed(2)} % differ` : 'not there yet';
  if (drift <= MOST_DRIFT) console.log(`docs/images/${name}.png: as it was (${words})`);
  else if (isCheck) {
    drifted += 1;
    console.log(`docs/images/${name}.png: drifted, ${words}; npm run screenshots takes it anew`);
  } else {
    await writeFile(file, picture);
    console.log(`docs/images/${name}.png: written (${words})`);
  }
}
process.exitCode = drifted > 0 ? 1 : 0;
