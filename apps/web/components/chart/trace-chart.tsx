import type { TraceFigure, TracePoint, Verdict } from '../../lib/figures';
import { ScrollRegion } from '../ui/scroll-region';

const COLOURS: Readonly<Record<Verdict, string>> = {
  accepted: 'var(--good)',
  refused: 'var(--bad)',
  measured: 'var(--accent)',
};

/** Accepted is a disc, refused a cross, merely measured a diamond; what was known already is hollow or thin. */
function Mark({ point }: { readonly point: TracePoint }) {
  const { x, y, verdict, isCached, title, index } = point;
  const colour = COLOURS[verdict];
  const shared = {
    'data-candidate': index,
    'data-verdict': verdict,
    stroke: colour,
    strokeWidth: isCached ? 1.2 : 2,
  } as const;
  if (verdict === 'refused') {
    return (
      <path {...shared} d={`M${x - 4} ${y - 4}l8 8M${x - 4} ${y + 4}l8 -8`} fill="none" opacity={isCached ? 0.7 : 1}>
        <title>{title}</title>
      </path>
    );
  }
  const fill = isCached ? 'var(--surface)' : colour;
  if (verdict === 'measured') {
    return (
      <path {...shared} d={`M${x} ${y - 5}l5 5l-5 5l-5 -5z`} fill={fill}>
        <title>{title}</title>
      </path>
    );
  }
  return (
    <circle {...shared} cx={x} cy={y} r={isCached ? 3.2 : 3.5} fill={fill}>
      <title>{title}</title>
    </circle>
  );
}

function Axes({ figure }: { readonly figure: TraceFigure }) {
  const { plot, windows, yTicks, layerTicks, xTicks, height } = figure;
  return (
    <g fill="var(--quiet)">
      {yTicks.map((tick) => (
        <g key={tick.label}>
          <line x1={plot.left} x2={plot.right} y1={tick.y} y2={tick.y} stroke="var(--line)" />
          <text x={plot.left - 8} y={tick.y} dy="0.32em" textAnchor="end">
            {tick.label}
          </text>
        </g>
      ))}
      <rect
        x={windows.left}
        y={windows.top}
        width={windows.right - windows.left}
        height={windows.bottom - windows.top}
        fill="var(--sunken)"
      />
      {layerTicks.map((tick) => (
        <text key={tick.label} x={windows.left - 8} y={tick.y} dy="0.32em" textAnchor="end">
          {tick.label}
        </text>
      ))}
      {xTicks.map((tick) => (
        <text key={tick.label} x={tick.x} y={windows.bottom + 15} textAnchor="middle">
          {tick.label}
        </text>
      ))}
      <text
        x={12}
        y={(plot.top + plot.bottom) / 2}
        textAnchor="middle"
        transform={`rotate(-90 12 ${(plot.top + plot.bottom) / 2})`}
      >
        {figure.quantity}
      </text>
      <text
        x={12}
        y={(windows.top + windows.bottom) / 2}
        textAnchor="middle"
        transform={`rotate(-90 12 ${(windows.top + windows.bottom) / 2})`}
      >
        layers
      </text>
      <text x={(plot.left + plot.right) / 2} y={height - 4} textAnchor="middle">
        candidate, in the order tried
      </text>
    </g>
  );
}

function Threshold({ figure: { plot, thresholdY } }: { readonly figure: TraceFigure }) {
  if (thresholdY === null) return null;
  return (
    <g data-threshold>
      <line
        x1={plot.left}
        x2={plot.right}
        y1={thresholdY}
        y2={thresholdY}
        stroke="var(--accent)"
        strokeDasharray="6 4"
      />
      <text
        x={plot.right}
        y={thresholdY - 6}
        textAnchor="end"
        fill="var(--accent)"
        stroke="var(--surface)"
        strokeWidth={4}
        paintOrder="stroke"
      >
        threshold
      </text>
    </g>
  );
}

/** What was measured of every candidate of a search, in order, with the threshold, over the windows they merged. */
export function TraceChart({ figure }: { readonly figure: TraceFigure }) {
  const { width, height, points, path, summary } = figure;
  const barWidth = Math.max(1.5, Math.min(8, 480 / Math.max(1, points.length)));
  return (
    <figure>
      <ScrollRegion label="Search trace">
        <svg
          viewBox={`0 0 ${width} ${height}`}
          className="tabular block w-full min-w-[560px] text-[11px]"
          role="img"
          aria-label={summary}
        >
          <Axes figure={figure} />
          <path d={path} fill="none" stroke="var(--line-strong)" />
          <Threshold figure={figure} />
          {points.map(({ index, x, window, verdict, isCached }) => (
            <rect
              key={index}
              x={x - barWidth / 2}
              y={window.top}
              width={barWidth}
              height={window.bottom - window.top}
              fill={COLOURS[verdict]}
              opacity={isCached ? 0.25 : verdict === 'refused' ? 0.45 : 0.75}
            />
          ))}
          {points.map((point) => (
            <Mark key={point.index} point={point} />
          ))}
        </svg>
      </ScrollRegion>
      <figcaption className="mt-2 text-sm text-quiet">
        {summary} <span aria-hidden="true">● accepted, ✕ refused, hollow or thin: known already.</span> Below: the
        layers each candidate merges or leaves out.
      </figcaption>
    </figure>
  );
}
