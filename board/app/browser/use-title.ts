import { useEffect } from 'preact/hooks';

/** The name of the tab; `alert` goes before it, so that a tab in the background tells. */
export function useTitle(title: string, alert = ''): void {
  useEffect(() => {
    document.title = `${alert === '' ? '' : `${alert} `}${title} · Meshgate`;
  }, [title, alert]);
}
