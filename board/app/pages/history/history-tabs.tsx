import { useLocation } from 'preact-iso';

export function HistoryTabs() {
  const { path } = useLocation();
  return (
    <nav class="segments" aria-label="History">
      <a href="/history" aria-current={path === '/history' ? 'page' : undefined}>
        Audit log
      </a>
      <a href="/compare" aria-current={path === '/compare' ? 'page' : undefined}>
        Compare
      </a>
    </nav>
  );
}
