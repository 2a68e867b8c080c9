import type { Experiment } from '../../lib/api';
import { decimal, MISSING, milliseconds, percent } from '../../lib/format';
import { IntervalBar } from '../chart/interval-bar';
import { SamplesStrip } from '../chart/samples-strip';
import { NotInformative } from '../ui/not-informative';
import { Facts } from '../ui/panel';
import { ScrollRegion } from '../ui/scroll-region';

type Score = Experiment['scores'][number];

const METRICS = ['acc', 'acc_norm'] as const;

function Metric({ score }: { readonly score: Score | undefined }) {
  if (!score) return <span className="text-quiet">{MISSING}</span>;
  return (
    <span
      className={score.isHeadline ? 'font-semibold' : 'text-quiet'}
      data-score={`${score.task} ${score.metric}`}
      data-value={score.value}
    >
      {percent(score.value)}
      <span className="text-xs font-normal text-quiet"> ± {percent(score.stderr)}</span>
    </span>
  );
}

function TaskRow({ scores }: { readonly scores: readonly Score[] }) {
  const headline = scores.find(({ isHeadline }) => isHeadline) ?? scores[0];
  if (!headline) return null;
  const { task, title, value, intervalLow, intervalHigh, chance, majorityRate, isInformative, n } = headline;
  const { taskVersion, taskHash } = headline;
  return (
    <tr data-task={task} className="border-b border-line last:border-0">
      <th scope="row" className="py-1.5 pr-4 text-left font-medium" title={`version ${taskVersion}, hash ${taskHash}`}>
        {title}
        {isInformative === false ? <NotInformative task={task} /> : null}
      </th>
      {METRICS.map((metric) => (
        <td key={metric} className="whitespace-nowrap py-1.5 pr-4 text-right">
          <Metric score={scores.find((score) => score.metric === metric)} />
        </td>
      ))}
      <td className="hidden w-40 py-1.5 pr-4 sm:table-cell">
        <IntervalBar
          low={intervalLow}
          mean={value}
          high={intervalHigh}
          scale={{ low: 0, high: 1 }}
          reference={chance}
        />
      </td>
      <td className="py-1.5 pr-4 text-right text-quiet">{percent(chance)}</td>
      <td className="py-1.5 pr-4 text-right text-quiet">{percent(majorityRate)}</td>
      <td className="py-1.5 text-right text-quiet">{n}</td>
    </tr>
  );
}

const HEADS = [
  ['Task', 'text-left'],
  ['acc', 'text-right'],
  ['acc_norm', 'text-right'],
  ['95 %, line: chance', 'hidden text-left sm:table-cell'],
  ['Chance', 'text-right'],
  ['Commonest answer', 'text-right'],
  ['Questions', 'text-right'],
] as const;

/** Both metrics of every task; the headline one, which enters the mean, is strong. */
export function ScoreTable({ scores }: { readonly scores: Experiment['scores'] }) {
  const tasks = [...new Set(scores.map(({ task }) => task))];
  return (
    <>
      <ScrollRegion label="Scores by task">
        <table className="tabular w-full border-collapse text-sm">
          <thead>
            <tr className="text-xs text-quiet">
              {HEADS.map(([title, look]) => (
                <th
                  key={title}
                  scope="col"
                  className={`whitespace-nowrap border-b border-line-strong py-1.5 pr-4 font-medium last:pr-0 ${look}`}
                >
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <TaskRow key={task} scores={scores.filter((score) => score.task === task)} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <p className="mt-2 text-sm text-quiet">
        Percent ± standard error, zero-shot, by lm-evaluation-harness {scores[0]?.harnessVersion ?? MISSING}. The strong
        metric of each task enters the mean; its 95 % interval is Wilson’s.
      </p>
    </>
  );
}

/** What the raw samples say, and the samples. */
export function LatencySummary({ latency }: { readonly latency: NonNullable<Experiment['latency']> }) {
  return (
    <div className="space-y-3">
      <SamplesStrip samplesMs={latency.samplesMs} />
      <Facts
        facts={[
          ['mean ± s.d.', `${milliseconds(latency.latencyMsMean)} ± ${milliseconds(latency.latencyMsSd)} ms`],
          ['p50, p95', `${milliseconds(latency.latencyMsP50)}, ${milliseconds(latency.latencyMsP95)} ms`],
          ['throughput', `${decimal(latency.tokensPerSecond, 1)} tokens/s, batch 1`],
          ['prompt, new', `${latency.promptTokens}, ${latency.newTokens} tokens`],
          ['machine', latency.machine],
          ['raw samples', `${latency.samplesMs.map((sample) => milliseconds(sample)).join(', ')} ms`],
        ]}
      />
    </div>
  );
}
