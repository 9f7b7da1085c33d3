import type { DefaultTheme } from 'vitepress';

/** The menu. A test holds that it leads to every page but the single decisions and error pages. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Your own config', link: '/guide' },
      { text: 'Promoting', link: '/promote' },
      { text: 'Gates and approvals', link: '/promote#4-gates' },
    ],
  },
  {
    text: 'Coming from …',
    items: [
      { text: 'Envoy files kept by hand', link: '/coming-from/envoy-files' },
      { text: 'Generated JSON in object storage', link: '/coming-from/generated-json' },
      { text: 'Central Dogma’s control plane', link: '/coming-from/central-dogma' },
      { text: 'Istio or Envoy Gateway', link: '/coming-from/istio-and-envoy-gateway' },
    ],
  },
  {
    text: 'Write',
    items: [
      { text: 'Config reference', link: '/config-reference' },
      { text: 'Checks', link: '/checks' },
      { text: 'Discovery', link: '/discovery' },
      { text: 'Generators', link: '/generators' },
      { text: 'Endpoint ramp', link: '/ramp' },
    ],
  },
  {
    text: 'Run',
    items: [
      { text: 'On machines, with systemd', link: '/production/vm' },
      { text: 'With Docker', link: '/production/docker' },
      { text: 'On Kubernetes', link: '/production/kubernetes' },
      { text: 'Operations', link: '/operations' },
      { text: 'The control plane of a stage', link: '/serve' },
      { text: 'Slack', link: '/slack' },
      { text: 'The board', link: '/board' },
      { text: 'Traffic and access logs', link: '/telemetry' },
      { text: 'Metrics, traces and alerts', link: '/observability' },
      { text: 'Scale', link: '/scale' },
      { text: 'Security model', link: '/security' },
    ],
  },
  {
    text: 'Look up',
    items: [
      { text: 'Commands', link: '/commands' },
      { text: 'Errors', link: '/errors' },
      { text: 'Performance', link: '/performance' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Decisions', link: '/decisions/' },
    ],
  },
];
