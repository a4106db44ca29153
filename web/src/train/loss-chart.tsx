import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { isDark } from '../theme.ts';
import { metrics } from './state.ts';

const height = 260;

/** Training and validation loss by step, live. */
export function LossChart() {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const dark = isDark.value;
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const plot = new uPlot(optionsFor(element), dataOf(metrics.peek()), element);
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [dark]);
  useEffect(() => {
    chart.current?.setData(dataOf(metrics.value));
  }, [metrics.value]);
  const last = metrics.value.at(-1);
  const label =
    last === undefined
      ? 'Losses by step: none yet'
      : `Losses by step, ${metrics.value.length} points; training loss ${last.loss.toFixed(3)} at step ${last.step}`;
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

type Lines = typeof metrics.value;

function dataOf(lines: Lines): uPlot.AlignedData {
  return [
    lines.map((line) => line.step),
    lines.map((line) => (Number.isFinite(line.loss) ? line.loss : null)),
    lines.map((line) => line.validation_loss ?? null),
  ];
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  const points = { size: 7 };
  return {
    width: element.clientWidth,
    height,
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 48 }],
    series: [
      { label: 'Step' },
      { label: 'Training loss', stroke: colour('--heat'), width: 1.5, points: { show: false }, value: shown },
      {
        label: 'Validation loss',
        stroke: colour('--cold'),
        width: 2,
        spanGaps: true,
        points: { ...points, show: true },
        value: shown,
      },
    ],
  };
}

function shown(_plot: uPlot, value: number | null): string {
  return value === null || value === undefined ? '–' : value.toFixed(3);
}
