// One replica of the bot as a process of its own, so that a test can kill it. Told by its environment what it needs.
import { startBot } from '../../bot/bot.ts';
import { openStore } from '../../pipeline/store/open-store.ts';
import { CHANNEL, CLOCK, fakePipeline, insightOf, parseWords, QUICK } from './rig.ts';

const { BOT_DATA = '', BOT_TOKEN = '', BOT_APP_TOKEN = '', BOT_API = '' } = process.env;
const store = await openStore({ kind: 'pglite', dataDir: BOT_DATA }, { clock: CLOCK, toolVersion: 'test' });
await startBot({
  settings: { channel: CHANNEL, command: '/mesh', boardUrl: undefined, sourceUrl: undefined, timing: QUICK },
  transport: { kind: 'socket', appToken: BOT_APP_TOKEN },
  botToken: BOT_TOKEN,
  apiUrl: BOT_API,
  store,
  pipeline: fakePipeline(),
  insight: insightOf(),
  people: async () => ({ personOf: async () => undefined }),
  parse: parseWords,
  clock: CLOCK,
  replica: `process-${process.pid}`,
  log: () => {},
});
