import type { ComponentChildren } from 'preact';
import './badge.css';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet';

/** A state: an icon and a word, and a colour for those who see it. */
export function Badge(props: {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly turning?: boolean;
  readonly children: ComponentChildren;
}) {
  const { tone, icon, turning, children } = props;
  return (
    <span class={`badge badge-${tone}`}>
      <Icon name={icon} turning={turning ?? false} />
      <span>{children}</span>
    </span>
  );
}
