import type { ComponentChildren } from 'preact';
import './empty.css';
import { Icon, type IconName } from './icon.tsx';

/** Nothing is here, and why; with what to do about it. */
export function Empty(props: {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon ?? 'dash'} />
      <p>{props.title}</p>
      {props.children && <div class="empty-more">{props.children}</div>}
    </div>
  );
}
