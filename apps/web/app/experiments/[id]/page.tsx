import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { CandidateTable } from '../../../components/chart/candidate-table';
import { TraceChart } from '../../../components/chart/trace-chart';
import {
  CalibrationFacts,
  CheckpointFacts,
  EngineFacts,
  Evidence,
  Reproduce,
} from '../../../components/experiment/facts';
import { Headline } from '../../../components/experiment/headline';
import { LatencySummary, ScoreTable } from '../../../components/experiment/results';
import { Stages } from '../../../components/experiment/stages';
import { PlanLegend, PlanStrip } from '../../../components/plan/plan-strip';
import { LiveRefresh } from '../../../components/ui/live-refresh';
import { ApiDown } from '../../../components/ui/notice';
import { Panel } from '../../../components/ui/panel';
import { PendingButton } from '../../../components/ui/pending-button';
import { ScrollRegion } from '../../../components/ui/scroll-region';
import { StateBadge } from '../../../components/ui/state-badge';
import { ApiError, type Experiment, readExperiment, readFeed } from '../../../lib/api';
import { traceFigure } from '../../../lib/figures';
import { digest, moment } from '../../../lib/format';
import { methodSettings } from '../../../lib/method-settings';
import { cancel } from './actions';

export const dynamic = 'force-dynamic';
export const metadata: Metadata = { title: 'Experiment' };

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

interface PartProps {
  readonly experiment: Experiment;
}

const isLive = ({ state }: Experiment): boolean => state === 'QUEUED' || state === 'RUNNING';

function Cancel({ experiment }: PartProps) {
  if (!isLive(experiment)) return null;
  if (!experiment.viewerCanCancel)
    return <p className="text-sm text-warn">Cancelling: the worker is ending its processes.</p>;
  return (
    <form action={cancel.bind(null, experiment.id)}>
      <PendingButton label="Cancel experiment" pendingLabel="Cancelling …" />
    </form>
  );
}

function Header({ experiment }: PartProps) {
  const { method, model, state, protocol } = experiment;
  const settings = methodSettings(method, experiment.target);
  return (
    <header className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight">
          {method.title} <StateBadge state={state} />
        </h1>
        <p className="mt-1 text-quiet" title={model.provenance}>
          {model.name}, {model.depth} layers, revision <code className="text-sm">{digest(model.revision)}</code>
          {settings ? ` · ${settings}` : ''}
        </p>
        <p className="text-sm text-quiet">
          launched {moment(experiment.createdAt)}
          {protocol ? ` · ${protocol.label}` : ''}
          {protocol?.isDemonstration ? ' · a demonstration no paper reports' : ''}
        </p>
      </div>
      <Cancel experiment={experiment} />
    </header>
  );
}

function Failure({ error }: { readonly error: NonNullable<Experiment['error']> }) {
  return (
    <div role="alert" data-error={error.code} className="mb-5 rounded-lg border border-bad bg-surface p-4 shadow-sm">
      <p className="break-words font-semibold">{error.message}</p>
      {error.fix ? <p className="mt-1 break-words">{error.fix}</p> : null}
      <p className="mt-1 text-sm text-quiet">
        <code>{error.code}</code>, explained in docs/errors.md
      </p>
    </div>
  );
}

function Plan({ plan }: { readonly plan: NonNullable<Experiment['plan']> }) {
  const hasMerge = plan.recipes.some(({ kind }) => kind === 'MERGE');
  return (
    <Panel
      title="Plan"
      note={`${plan.outputDepth} of ${plan.sourceDepth} layers${hasMerge ? ` · rule ${plan.rule}` : ''}`}
    >
      <PlanStrip plan={plan} className="h-9 w-full" />
      <p aria-hidden="true" className="tabular mt-1 flex justify-between text-xs text-quiet">
        <span>layer 0</span>
        <span>{plan.sourceDepth - 1}</span>
      </p>
      <p className="mt-2 break-words font-mono text-sm" data-figure="plan">
        {plan.text}
      </p>
      <p className="mt-2 text-xs text-quiet">
        <PlanLegend />
      </p>
    </Panel>
  );
}

function Search({ experiment: { searchTrace, model, target, layerForwards } }: PartProps) {
  if (!searchTrace || searchTrace.candidates.length === 0) return null;
  const { candidates, threshold } = searchTrace;
  return (
    <Panel title="Search" {...(typeof layerForwards === 'number' ? { note: `${layerForwards} layer forwards` } : {})}>
      <TraceChart figure={traceFigure(candidates, threshold ?? null, model.depth)} />
      {typeof target?.layers === 'number' ? (
        <p className="mt-1 text-sm text-quiet">
          The threshold that gives {target.layers} layers was searched for: each verdict is by the threshold tried then.
        </p>
      ) : null}
      <CandidateTable candidates={candidates} />
    </Panel>
  );
}

function Log({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <Panel title="Log" note={`last ${lines.length} lines`}>
      {/* Reversed, so that it stays at its newest line by itself. */}
      <ScrollRegion label="Log lines" className="flex max-h-72 flex-col-reverse rounded bg-sunken p-3">
        <pre data-log className="whitespace-pre-wrap break-words text-xs leading-5 text-quiet">
          {lines.join('\n')}
        </pre>
      </ScrollRegion>
    </Panel>
  );
}

export default async function ExperimentPage({ params }: Props) {
  const { id } = await params;
  const loaded = await Promise.all([readExperiment(id), readFeed(id)]).catch((error: unknown) => {
    if (error instanceof ApiError) return error;
    throw error;
  });
  if (loaded instanceof ApiError) return <ApiDown code={loaded.code} />;
  const [experiment, feed] = loaded;
  if (!experiment) notFound();
  const { plan, scores, latency, error } = experiment;
  return (
    <>
      {isLive(experiment) ? <LiveRefresh everyMs={1500} /> : null}
      <Header experiment={experiment} />
      {error ? <Failure error={error} /> : null}
      <Headline experiment={experiment} />
      <div className="mb-5">
        <Panel title="Stages">
          <Stages stages={experiment.stages} />
        </Panel>
      </div>
      <div className="grid gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="min-w-0 space-y-5">
          {plan ? <Plan plan={plan} /> : null}
          <Search experiment={experiment} />
          {scores.length > 0 ? (
            <Panel title="Scores" note={`${experiment.questionOutcomeCount} per-question outcomes kept`}>
              <ScoreTable scores={scores} />
            </Panel>
          ) : null}
          <Log lines={feed.log} />
        </div>
        <div className="min-w-0 space-y-5">
          {latency ? (
            <Panel title="Latency" note={latency.protocol}>
              <LatencySummary latency={latency} />
            </Panel>
          ) : null}
          <EngineFacts experiment={experiment} />
          <CalibrationFacts experiment={experiment} />
          <CheckpointFacts experiment={experiment} />
          <Evidence processes={feed.processes} />
          <Reproduce experiment={experiment} />
        </div>
      </div>
    </>
  );
}
