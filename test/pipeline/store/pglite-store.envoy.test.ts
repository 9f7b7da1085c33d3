import { tamperContract } from '../audit/tamper-contract.ts';
import { jobContract } from './job-contract.ts';
import { storeContract } from './store-contract.ts';
import { pglitePlace } from './store-places.ts';

storeContract('the embedded store', pglitePlace);
jobContract('jobs in the embedded store', pglitePlace);
tamperContract('tampering with the embedded store', pglitePlace);
