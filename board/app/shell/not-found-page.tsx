import { useTitle } from '../browser/use-title.ts';
import { Empty } from '../components/empty.tsx';

export function NotFoundPage() {
  useTitle('Not there');
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1}>There is no such page</h1>
      </header>
      <Empty icon="question" title="The address names nothing that the board has.">
        <a href="/">To the stages</a>
      </Empty>
    </>
  );
}
