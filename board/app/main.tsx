import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import { answers } from './live/board-answers.ts';
import { listen } from './live/event-stream.ts';
import { readMe } from './live/reads.ts';
import { App } from './shell/app.tsx';

listen({
  changed: (changes) => answers.changed(changes),
  reset: () => answers.refetch(),
  resumed: () => answers.refetchFailed(),
  signedOut: () => answers.refetch(readMe),
});

const place = document.getElementById('board');
if (place) render(<App />, place);
