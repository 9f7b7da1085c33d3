import { proveCorpus } from './judged-corpus.ts';

proveCorpus(1);
