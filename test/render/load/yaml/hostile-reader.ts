import { parentPort, workerData } from 'node:worker_threads';
import { readPlacedYaml } from '../../../../render/load/yaml/read-placed-yaml.ts';

// Run as a worker whose heap is bounded: reading that needs more ends it.
const { text } = workerData as { text: string };
const { documents, findings } = readPlacedYaml('a.yaml', text);
parentPort?.postMessage({ documents: documents.length, rules: findings.map(({ rule }) => rule) });
