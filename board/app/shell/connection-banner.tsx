import './connection-banner.css';
import { Icon } from '../components/icon.tsx';
import { spanWords } from '../format/times.ts';
import { nowEpochMs } from '../live/clock.ts';
import { connection } from '../live/event-stream.ts';

/** A break this short is not worth a word: a server that is started anew. */
const QUIET_MS = 1_500;

/** Says that what is shown may be old, and how old, as long as nothing is heard. */
export function ConnectionBanner() {
  const now = connection.value;
  const age = now.kind === 'lost' ? nowEpochMs.value - now.sinceEpochMs : 0;
  const isShown = now.kind === 'lost' && age >= QUIET_MS;
  return (
    <div class="connection-banner-place" role="status">
      {isShown && (
        <p class="connection-banner">
          <Icon name="alert" />
          <span>
            <strong>Not connected.</strong> What you see is as it was{' '}
            <span aria-hidden="true">{spanWords(age)} ago</span>
            <span class="unseen">when the connection broke</span>; it is tried again by itself.
          </span>
        </p>
      )}
    </div>
  );
}
