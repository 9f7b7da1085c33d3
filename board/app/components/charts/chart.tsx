import { useEffect, useRef } from 'preact/hooks';
import { Disclosure } from '../disclosure.tsx';
import './chart.css';
import type { ChartData } from './chart-data.ts';
import { ChartTable } from './chart-table.tsx';

/** A chart with what it says as a table below it. The drawing comes when the chart does, not with the first load. */
export function Chart({ data }: { readonly data: ChartData }) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ update(data: ChartData): void; end(): void }>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const isEmpty = data.series.every(({ values }) => values.every((value) => value === null));

  useEffect(() => {
    if (isEmpty) return;
    let isHere = true;
    void import('./uplot-chart.ts').then(({ drawChart }) => {
      if (isHere && place.current) drawn.current = drawChart(place.current, latest.current);
    });
    return () => {
      isHere = false;
      drawn.current?.end();
      drawn.current = undefined;
    };
  }, [isEmpty]);
  useEffect(() => drawn.current?.update(data), [data]);

  return (
    <figure class="chart">
      <figcaption>
        <strong>{data.title}</strong>
        <ul class="chart-key" aria-hidden="true">
          {data.series.map(({ name, tone, dashed }) => (
            <li key={name} class={`chart-key-${tone}${dashed ? ' chart-key-dashed' : ''}`}>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      {isEmpty ? (
        <p class="soft small">Nothing is known of it.</p>
      ) : (
        <div ref={place} class="chart-place" role="img" aria-label={`${data.title}: ${data.says}`} />
      )}
      <p class="small soft">{data.says}</p>
      {!isEmpty && (
        <Disclosure title="As a table">
          <ChartTable data={data} />
        </Disclosure>
      )}
    </figure>
  );
}
