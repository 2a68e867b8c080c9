import Link from 'next/link';
import type { LeaderboardRow } from '../../lib/api';
import { deltaLimit, intervalScale } from '../../lib/figures';
import { paths } from '../../lib/paths';
import { ORDERS, type OrderKey } from '../../lib/url-state';
import { ScrollRegion } from '../ui/scroll-region';
import { COLUMNS, type Column, type TableScale, taskColumns } from './leaderboard-columns';

/** The first column stays when the table is scrolled sideways; the rank joins it where there is room. */
const STICKY = ['sm:sticky sm:left-0 z-10', 'sticky left-0 sm:left-11 z-10'];

function Head({ column, index, order }: { readonly column: Column; readonly index: number; readonly order: OrderKey }) {
  const { sort, title, hint, mark, isNumber } = column;
  const isSorted = sort !== undefined && sort === order;
  const direction = sort && ORDERS[sort].isAscending ? 'ascending' : 'descending';
  return (
    <th
      scope="col"
      title={hint}
      aria-sort={isSorted ? direction : undefined}
      className={`sticky top-0 whitespace-nowrap border-b border-line-strong bg-surface px-2.5 py-2 align-bottom text-xs font-medium text-quiet ${STICKY[index] ?? ''} ${index < 2 ? 'z-20' : 'z-[5]'} ${isNumber ? 'text-right' : 'text-left'}`}
    >
      {sort ? (
        <Link
          href={paths.leaderboard(sort)}
          scroll={false}
          className={`underline underline-offset-4 hover:text-text ${isSorted ? 'text-text decoration-accent' : 'decoration-line-strong decoration-dotted'}`}
        >
          {title}
          <span aria-hidden="true">{isSorted ? (direction === 'ascending' ? ' ↑' : ' ↓') : ''}</span>
          <span className="sr-only">: sort by {ORDERS[sort].title}</span>
        </Link>
      ) : (
        title
      )}
      {mark}
    </th>
  );
}

function Row(props: { readonly row: LeaderboardRow; readonly columns: readonly Column[]; readonly scale: TableScale }) {
  const { row, columns, scale } = props;
  return (
    <tr data-experiment={row.experimentId} className="group">
      {columns.map(({ key, cell, isNumber, isHeading }, index) => {
        const Cell = isHeading ? 'th' : 'td';
        return (
          <Cell
            key={key}
            {...(isHeading ? { scope: 'row' } : {})}
            className={`whitespace-nowrap bg-surface px-2.5 py-2.5 align-top font-normal group-hover:bg-sunken ${STICKY[index] ?? ''} ${isNumber ? 'text-right' : 'text-left'}`}
          >
            {cell(row, scale)}
          </Cell>
        );
      })}
    </tr>
  );
}

/** The rows of one group: same model, same protocol, so that their figures may be compared. */
export function LeaderboardTable(props: {
  readonly rows: readonly LeaderboardRow[];
  readonly order: OrderKey;
  readonly label: string;
}) {
  const { rows, order, label } = props;
  const columns = [...COLUMNS, ...taskColumns(rows)];
  const scale: TableScale = {
    mean: intervalScale(rows.map(({ meanIntervalLow: low, meanIntervalHigh: high }) => ({ low, high }))),
    dense: rows.find(({ isDense }) => isDense)?.mean,
    deltaLimit: deltaLimit(rows),
  };
  return (
    <ScrollRegion label={label} className="max-h-[85dvh]">
      <table className="tabular w-full border-separate border-spacing-0 text-sm [&_tbody_tr:not(:last-child)>*]:border-b [&_tbody_tr:not(:last-child)>*]:border-line">
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Head key={column.key} column={column} index={index} order={order} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.experimentId} row={row} columns={columns} scale={scale} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
