import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useRef, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useLanguage } from '../words/words';
import { tick } from './chart';
import type { Drawing } from './Chart';
import styles from './Chart.module.css';

interface Props extends Drawing {
  name: string;
  height: number;
  point: (index: number | null) => void;
  zoom?: (from: number, to: number) => void;
}

// Plot is the picture of a chart, on a canvas. It is apart from it because the library that draws is large.
export default function Plot({ name, point, zoom, ...drawing }: Props) {
  const { times, values, low, high, from, to, columns, whole, height, sync } = drawing;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const scheme = useComputedColorScheme('light');
  const language = useLanguage();
  const limits = useEffectEvent((): [number, number] => [from, to]);
  const data = useEffectEvent(() => aligned(drawing));
  const pointed = useEffectEvent(point);
  const chosen = useEffectEvent((from: number, to: number) => zoom?.(from, to));
  const zooms = Boolean(zoom);
  const banded = Boolean(low && high);

  useEffect(() => {
    const element = host.current;
    if (!element) {
      return;
    }
    const u = new uPlot(
      {
        ms: 1,
        width: element.clientWidth,
        height,
        padding: [8, 20, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: zooms, y: false, setScale: false, dist: 6 }, points: { size: 7 }, ...(sync ? { sync: { key: sync, setSeries: false } } : {}) },
        scales: {
          x: { range: () => limits() },
          y: { range: (_, least, most) => (whole ? [0, Math.max(4, (most ?? 0) * 1.12)] : least === null ? [0, 1] : uPlot.rangeNum(least, most, 0.12, true)) },
        },
        ...look(element, language, { columns, whole, banded }),
        hooks: {
          setLegend: [(u) => pointed(u.cursor.idx ?? null)],
          setSelect: [
            (u) => {
              const { left, width } = u.select;
              if (width > 0) {
                chosen(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
                u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              }
            },
          ],
        },
      },
      data(),
      element,
    );
    plot.current = u;
    const watch = new ResizeObserver(() => u.setSize({ width: element.clientWidth, height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      u.destroy();
    };
  }, [scheme, language, columns, whole, banded, zooms, height, sync]);

  useEffect(() => plot.current?.setData(data()), [times, values, low, high, from, to]);

  const press = (e: KeyboardEvent) => {
    const u = plot.current;
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -times.length, End: times.length }[e.key];
    if (u && step && times.length > 0) {
      e.preventDefault();
      const next = Math.min(times.length - 1, Math.max(0, (u.cursor.idx ?? (step < 0 ? times.length : -1)) + step));
      u.setCursor({ left: u.valToPos(times[next] ?? 0, 'x'), top: 1 });
    }
  };
  const leave = () => plot.current?.setCursor({ left: -10, top: -10 });
  return <div ref={host} className={styles.plot} style={{ height }} role="img" aria-label={name} tabIndex={0} onKeyDown={press} onBlur={leave} />;
}

function aligned({ times, values, low, high }: Drawing): uPlot.AlignedData {
  const all = [times, values, ...(low && high ? [low, high] : [])];
  return all as unknown as uPlot.AlignedData; // which it only reads
}

interface Kind {
  columns: boolean | undefined;
  whole: boolean | undefined;
  banded: boolean;
}

// look draws in the colours of the page, and writes in its language.
function look(element: HTMLElement, language: string, { columns, whole, banded }: Kind): Pick<uPlot.Options, 'series' | 'axes' | 'bands'> {
  const style = getComputedStyle(element);
  const colour = (name: string, alpha = '') => style.getPropertyValue(name).trim() + alpha;
  const axis = {
    stroke: colour('--quiet'),
    font: `11px ${style.fontFamily}`,
    ticks: { show: false },
    gap: 6,
  };
  const unseen = { stroke: 'transparent', points: { show: false } };
  return {
    series: [
      {},
      {
        stroke: colour('--act'),
        width: columns ? 0 : 1.6,
        fill: colour('--act', columns ? '' : banded ? '00' : '18'),
        points: { size: 4, fill: colour('--act') },
        ...(columns && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.74, 22], radius: 0.2 }), points: { show: false } } : {}),
      },
      ...(banded ? [unseen, unseen] : []),
    ],
    bands: banded ? [{ series: [3, 2], fill: colour('--act', '26') }] : [],
    axes: [
      { ...axis, size: 26, space: 74, grid: { show: false }, values: (_, splits, __, ___, apart) => splits.map((at) => tick(at, apart, language)) },
      {
        ...axis,
        size: (_, labels) => 14 + 6.4 * Math.max(2, ...(labels ?? []).map((label) => label.length)),
        space: 26,
        grid: { stroke: colour('--line'), width: 1 },
        incrs: whole ? wholes : undefined,
        values: (_, splits, __, ___, apart) => splits.map((n) => graduation(n, apart, language)),
      },
    ],
  };
}

const wholes = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();

function graduation(n: number, apart: number, language: string): string {
  const digits = Math.min(20, Math.max(0, -Math.floor(Math.log10(apart))));
  return n.toLocaleString(language, Math.abs(n) >= 100_000 ? { notation: 'compact', maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
