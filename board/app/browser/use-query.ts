import { useLocation } from 'preact-iso';

/** What the address says after `?`, and how to change it: filters and choices are links that can be sent to others. */
export function useQuery(): {
  readonly query: Readonly<Record<string, string>>;
  /** Empty and undefined take a member away. `push`: the way back leads to what was before; else it replaces it. */
  readonly change: (changes: Readonly<Record<string, string | undefined>>, push?: boolean) => void;
} {
  const { query, route } = useLocation();
  return {
    query,
    change(changes, push = false) {
      // Of the address as it is now: two changes in one turn must not undo one another.
      const search = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(changes))
        if (value === undefined || value === '') search.delete(name);
        else search.set(name, value);
      const text = search.toString();
      route(`${location.pathname}${text === '' ? '' : `?${text}`}`, !push);
    },
  };
}
