import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { liveTable } from '../../../conformance/report/live-table.ts';
import { plainLog } from '../../../conformance/report/plain-log.ts';
import type { MatrixEvent } from '../../../conformance/report/progress.ts';

// A terminal in forty lines: enough of it to see what a person would see after each write.
class Screen extends EventEmitter {
  columns: number;
  rows: number;
  readonly writes: string[] = [];
  lines: string[] = [''];
  row = 0;
  column = 0;
  cursor = true;
  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }
  write(text: string): void {
    this.writes.push(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal reads
    for (const [token] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[\s\S]/gu)) this.take(token);
  }
  take(token: string): void {
    if (token === '\n') [this.row, this.column] = [this.row + 1, 0];
    else if (token === '\r') this.column = 0;
    else if (/\[\d+A$/.test(token)) this.row -= Number(token.slice(2, -1));
    else if (token.endsWith('[K')) this.set(this.row, this.line().slice(0, this.column));
    else if (token.endsWith('[J')) this.lines = [...this.lines.slice(0, this.row), this.line().slice(0, this.column)];
    else if (token.endsWith('?25l') || token.endsWith('?25h')) this.cursor = token.endsWith('h');
    else if (token.length === 1) {
      if (this.column >= this.columns) [this.row, this.column] = [this.row + 1, 0];
      this.set(
        this.row,
        this.line().padEnd(this.column).slice(0, this.column) + token + this.line().slice(this.column + 1),
      );
      this.column += 1;
    }
  }
  line(): string {
    return this.lines[this.row] ?? '';
  }
  set(row: number, text: string): void {
    while (this.lines.length <= row) this.lines.push('');
    this.lines[row] = text;
  }
  text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }
}

const cells = ['beta', 'canary'].flatMap((stage) =>
  ['1.36.4', '1.40.0'].map((envoy) => ({ id: `${stage}@${envoy}`, stage, envoy })),
);
const EVENTS: readonly MatrixEvent[] = [
  { kind: 'matrix-started', cells },
  { kind: 'cell-started', id: 'beta@1.36.4', launcher: 'process' },
  { kind: 'cell-ended', id: 'beta@1.36.4', verdict: 'pass', durationMs: 1_500, cached: false },
  { kind: 'cell-ended', id: 'beta@1.40.0', verdict: 'fail', durationMs: 900, cached: false },
  { kind: 'cell-started', id: 'canary@1.36.4', launcher: 'process' },
  { kind: 'step-started', id: 'canary@1.36.4', step: 'rehearsal' },
];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function shown(screen: Screen, events: readonly MatrixEvent[] = EVENTS, colour = false) {
  const table = liveTable(screen, { colour, nowMs: () => 0 });
  for (const event of events) {
    table.on(event);
    vi.advanceTimersByTime(100);
  }
  return table;
}

test('each cell shows what it is doing or came to, redrawn in place', () => {
  const screen = new Screen(100, 30);
  shown(screen);
  expect(screen.text()).toBe(`        Envoy 1.36.4      Envoy 1.40.0
beta    ✔ pass 1.5 s      ✘ fail 900 ms
canary  ⠋ rehearsal       · waiting
2/4 cells · 1 pass · 1 fail · 0 ms`);
});

test('closing gives the terminal back as it was', () => {
  const screen = new Screen(100, 30);
  screen.write('before\n');
  const table = shown(screen);
  expect(screen.cursor).toBe(false);
  table.close();
  table.on({ kind: 'note', message: 'too late' });
  vi.advanceTimersByTime(1_000);
  expect(screen.text()).toBe('before');
  expect(screen.cursor).toBe(true);
  expect(screen.listenerCount('resize')).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a frame is one write and clears nothing before it draws', () => {
  const screen = new Screen(100, 30);
  shown(screen);
  const frames = screen.writes.slice(1);
  expect(frames).toHaveLength(EVENTS.length);
  for (const frame of frames) expect(frame.indexOf('[J')).toBeGreaterThan(frame.lastIndexOf('\n'));
});

test('a terminal that gets narrow is drawn anew, with a line for each cell that matters', () => {
  const screen = new Screen(100, 30);
  shown(screen);
  const narrow = new Screen(34, 30);
  // what the terminal itself does to the lines when it is resized
  for (const line of screen.lines.slice(0, 4)) narrow.write(`${line}\n`);
  Object.assign(screen, { columns: 34, lines: narrow.lines, row: narrow.row, column: narrow.column });
  screen.emit('resize');
  expect(screen.text()).toBe(`beta@1.40.0 ✘ fail 900 ms
canary@1.36.4 ⠋ rehearsal
2/4 cells · 1 pass · 1 fail · 0 …`);
});

test('a low terminal never scrolls: there are fewer lines than rows', () => {
  const screen = new Screen(100, 3);
  shown(screen);
  expect(screen.lines.filter((line) => line.trim() !== '').length).toBeLessThan(3);
});

test('colour is a parameter, and no verdict is told by it alone', () => {
  const plain = new Screen(100, 30);
  shown(plain);
  expect(plain.writes.join('')).not.toMatch(/\[\d+m/);
  const coloured = new Screen(100, 30);
  shown(coloured, EVENTS, true);
  expect(coloured.writes.join('')).toContain('\u001b[31m✘ fail 900 ms');
});

test('without a terminal, a line tells each thing that matters', () => {
  const lines: string[] = [];
  const log = plainLog((text) => lines.push(text));
  for (const event of EVENTS) log.on(event);
  log.on({ kind: 'cell-rerun', id: 'canary@1.36.4', why: 'the engine\nwent \u001b[2Jaway' });
  expect(lines).toEqual([
    '4 cells: beta@1.36.4 beta@1.40.0 canary@1.36.4 canary@1.40.0\n',
    'beta@1.36.4 started (process)\n',
    '[1/4] ✔ beta@1.36.4 pass (1.5 s)\n',
    '[2/4] ✘ beta@1.40.0 fail (900 ms)\n',
    'canary@1.36.4 started (process)\n',
    'canary@1.36.4 runs a second time: the engine went �[2Jaway\n',
  ]);
});
