import { type StripCell, stripCells } from '../../lib/figures';

interface Props {
  readonly plan: {
    readonly text: string;
    readonly recipes: readonly {
      readonly kind: 'KEEP' | 'MERGE' | 'DROP';
      readonly first: number;
      readonly last: number;
    }[];
  };
  readonly className?: string;
}

const CELL = { width: 10, gap: 2, height: 24 } as const;

const TITLES: Readonly<Record<StripCell['state'], string>> = {
  kept: 'kept',
  merged: 'top of a merged window, whose layers become one',
  absorbed: 'merged into the layer at the top of its window',
  dropped: 'dropped',
};

/** Kept is solid, a window's top tall, the layers merged into it low, dropped an empty frame: colour is never alone. */
function Cell({
  state,
  x,
  title,
}: {
  readonly state: StripCell['state'];
  readonly x: number;
  readonly title?: string;
}) {
  const { width, height } = CELL;
  if (state === 'dropped') {
    return (
      <rect
        x={x + 1}
        y={height * 0.2 + 1}
        width={width - 2}
        height={height * 0.8 - 2}
        fill="none"
        stroke="var(--quiet)"
        strokeDasharray="3 2"
      >
        {title ? <title>{title}</title> : null}
      </rect>
    );
  }
  const [y, fill] = {
    kept: [height * 0.2, 'var(--kept)'] as const,
    merged: [0, 'var(--merged)'] as const,
    absorbed: [height * 0.6, 'var(--absorbed)'] as const,
  }[state];
  return (
    <rect x={x} y={y} width={width} height={height - y} fill={fill}>
      {title ? <title>{title}</title> : null}
    </rect>
  );
}

/** The network from its first layer (left) to its last: one cell a source layer, as wide as its place. */
export function PlanStrip({ plan, className = 'h-4 w-full' }: Props) {
  const cells = stripCells(plan.recipes);
  const step = CELL.width + CELL.gap;
  return (
    <svg
      role="img"
      aria-label={`Plan ${plan.text}`}
      viewBox={`0 0 ${cells.length * step - CELL.gap} ${CELL.height}`}
      preserveAspectRatio="none"
      className={`block ${className}`}
    >
      {cells.map(({ layer, state }, index) => (
        <Cell key={layer} state={state} x={index * step} title={`Layer ${layer}: ${TITLES[state]}`} />
      ))}
    </svg>
  );
}

const LEGEND: readonly (readonly [StripCell['state'], string])[] = [
  ['kept', 'kept'],
  ['absorbed', 'merged upwards into'],
  ['merged', 'the top of its window'],
  ['dropped', 'dropped'],
];

/** What the cells of a strip mean. */
export function PlanLegend() {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      {LEGEND.map(([state, text]) => (
        <span key={state} className="inline-flex items-center gap-1.5">
          <svg aria-hidden="true" viewBox={`0 0 ${CELL.width} ${CELL.height}`} className="h-3.5 w-1.5">
            <Cell state={state} x={0} />
          </svg>
          {text}
        </span>
      ))}
    </span>
  );
}
