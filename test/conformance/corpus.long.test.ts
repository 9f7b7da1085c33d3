import { proveCorpus } from './judged-corpus.ts';

proveCorpus('whole');
