import { effect } from '@preact/signals';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../../browser/theme.ts';
import type { ChartData, ChartTone } from './chart-data.ts';
import { timeWords } from './chart-data.ts';

const HEIGHT = 150;
const FONT = '11px system-ui, sans-serif';
const VARIABLES: Readonly<Record<ChartTone, string>> = {
  accent: '--accent',
  good: '--good',
  warn: '--warn',
  bad: '--bad',
  quiet: '--line-strong',
};

/** What a variable of the styles comes to now: a canvas knows no variables. */
function colourOf(place: HTMLElement, variable: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${variable})`;
  place.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Draws `data` into `place`, as wide as that is, and anew when its width or the colours of the page change. */
export function drawChart(place: HTMLElement, data: ChartData): { update(data: ChartData): void; end(): void } {
  let now = data;
  let chart: uPlot | undefined;
  const draw = (): void => {
    chart?.destroy();
    chart = new uPlot(optionsOf(place, now), columnsOf(now), place);
  };
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const resize = new ResizeObserver(() => chart?.setSize({ width: Math.max(1, place.clientWidth), height: HEIGHT }));
  // Runs at once, and whenever somebody changes the colours.
  const endTheme = effect(() => {
    theme.value;
    draw();
  });
  scheme.addEventListener('change', draw);
  resize.observe(place);
  return {
    update(next) {
      const isSameShape = next.series.length === now.series.length && next.marks.length === now.marks.length;
      now = next;
      if (isSameShape) chart?.setData(columnsOf(next));
      else draw();
    },
    end() {
      endTheme();
      scheme.removeEventListener('change', draw);
      resize.disconnect();
      chart?.destroy();
    },
  };
}

const columnsOf = ({ times, series }: ChartData): uPlot.AlignedData =>
  [times as number[], ...series.map(({ values }) => values as (number | null)[])] as uPlot.AlignedData;

function optionsOf(place: HTMLElement, data: ChartData): uPlot.Options {
  const [ink, line] = [colourOf(place, '--ink-soft'), colourOf(place, '--line')];
  const axis = { stroke: ink, font: FONT, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    // The same hours for everybody, as everywhere on the board.
    tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), 'UTC'),
    legend: { show: false },
    cursor: { y: false, points: { size: 5 } },
    scales: {
      x: { time: data.scale === 'clock' },
      y: { range: (_self, min, max) => rangeOf(data, min, max) },
    },
    axes: [
      { ...axis, space: 64, values: (_self, at) => at.map((one) => axisWords(data.scale, one)) },
      { ...axis, size: 56, values: (_self, values) => values.map((value) => data.words(value)) },
    ],
    series: [
      {},
      ...data.series.map(
        ({ name, tone, dashed }): uPlot.Series => ({
          label: name,
          stroke: colourOf(place, VARIABLES[tone]),
          width: 1.6,
          points: { show: false },
          ...(dashed ? { dash: [5, 4] } : {}),
          ...(data.stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
        }),
      ),
    ],
    hooks: { draw: [(self) => drawMarks(self, data, ink)] },
  };
}

/** Room above the lines for the names of marks. */
const HEADROOM = 0.2;

/** Hours as everywhere on the board; seconds where the chart has no more than a few minutes. */
const axisWords = (scale: ChartData['scale'], at: number): string =>
  scale === 'clock' && at % 60 === 0 ? timeWords(scale, at).slice(0, 5) : timeWords(scale, at);

function rangeOf({ range }: ChartData, min: number, max: number): [number, number] {
  const low = Math.min(range?.min ?? min, min);
  const high = Math.max(range?.max ?? max, max);
  return high > low ? [low, high + (high - low) * HEADROOM] : [low - 1, high + 1];
}

/** A line at each time at which something began, with its name. */
function drawMarks(self: uPlot, { marks }: ChartData, ink: string): void {
  const { ctx, bbox } = self;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.fillStyle = ink;
  ctx.font = `${10.5 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  let free = Number.NEGATIVE_INFINITY;
  for (const { at, name } of marks) {
    const x = self.valToPos(at, 'x', true);
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(name).width;
    // Names that would run into one another, or out of the chart, are left to the table.
    if (x < free || x + width + 6 > bbox.left + bbox.width) continue;
    ctx.fillText(name, x + 4 * devicePixelRatio, bbox.top + 10 * devicePixelRatio);
    free = x + width + 12 * devicePixelRatio;
  }
  ctx.restore();
}
