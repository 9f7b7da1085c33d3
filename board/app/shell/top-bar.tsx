import { useLocation } from 'preact-iso';
import './top-bar.css';
import { nextTheme, theme } from '../browser/theme.ts';
import { Badge } from '../components/badge.tsx';
import { Icon } from '../components/icon.tsx';
import { connection } from '../live/event-stream.ts';
import { PersonMenu } from './person-menu.tsx';

const PAGES = [
  { href: '/', name: 'Stages', under: ['/promotions'] },
  { href: '/mesh', name: 'Mesh', under: ['/mesh'] },
  { href: '/fleet', name: 'Fleet', under: ['/fleet'] },
  { href: '/verifications', name: 'Verifications', under: ['/verifications'] },
  { href: '/history', name: 'History', under: ['/history', '/compare'] },
] as const;
const THEME_ICONS = { system: 'screen', light: 'sun', dark: 'moon' } as const;

export function TopBar() {
  const { path } = useLocation();
  const isIn = ({ href, under }: (typeof PAGES)[number]): boolean =>
    path === href || under.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return (
    <header class="top-bar">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <rect width="32" height="32" rx="7" />
          <path d="M6 22V12m6.7 10V12m6.6 10V12M26 22V12M6 12h20" />
        </svg>
        <span>Meshgate</span>
      </a>
      <nav aria-label="Pages">
        <ul>
          {PAGES.map((page) => (
            <li key={page.href}>
              <a href={page.href} aria-current={isIn(page) ? 'page' : undefined}>
                {page.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="top-bar-end">
        <ConnectionState />
        <button
          type="button"
          class="button-quiet"
          onClick={() => {
            theme.value = nextTheme(theme.value);
          }}
        >
          <Icon name={THEME_ICONS[theme.value]} />
          <span class="unseen">
            Colours: {theme.value}. Change to {nextTheme(theme.value)}
          </span>
        </button>
        <PersonMenu />
      </div>
    </header>
  );
}

function ConnectionState() {
  const { kind } = connection.value;
  if (kind === 'live')
    return (
      <Badge tone="good" icon="dot">
        Live
      </Badge>
    );
  return (
    <Badge tone={kind === 'lost' ? 'warn' : 'quiet'} icon="spin" turning>
      {kind === 'lost' ? 'Reconnecting' : 'Connecting'}
    </Badge>
  );
}
