import { proveCorpus } from './judged-corpus.ts';

// All of the good ones: `npm run test:long`. Without an Envoy all of them are judged in test/conformance/guards/corpus.test.ts.
proveCorpus('part');
