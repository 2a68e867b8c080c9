import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Evaluation, type Protocol, protocolId, evaluate as runHarness, type TaskFiles } from '@swm/eval';
import { perplexityFigure } from '../../db/stage-outputs.js';
import { locateProtocol } from '../locate-protocol.js';
import { measurePerplexities } from '../measure-perplexities.js';
import type { ScoreItemsRecord, Stage, StageContext } from '../stage.js';
import { runIdOf, type StageTools } from '../stage-tools.js';
import { taskProtocolRecords } from '../task-protocol-records.js';
import { needWhole } from '../verified-checkpoint.js';

/** Nothing runs this long on a model that this platform handles; a hang is found, though. */
const TIMEOUT_MS = 12 * 3600 * 1000;

const packed = ({ items }: Evaluation): ScoreItemsRecord[] =>
  items.map(({ task, n, correct, correctNorm, choiceCounts, logLikelihoods }) => ({
    ...{ task, n, correct, correctNorm, choiceCounts },
    logLikelihoods: new Uint8Array(logLikelihoods.buffer, logLikelihoods.byteOffset, logLikelihoods.byteLength),
  }));

/** How long to leave another experiment's evaluation alone: the longer it has run, the longer; a minute at most. */
const waitSeconds = (runningSeconds: number): number => Math.min(60, Math.max(2, Math.ceil(runningSeconds / 4)));

/** Runs the tasks of `protocol` in one process of the harness. */
async function score(
  context: StageContext,
  tools: StageTools,
  protocol: Protocol,
  taskFiles: TaskFiles['files'],
): Promise<Evaluation> {
  const { output, signal, attempt } = context;
  const checkpoint = output('export-checkpoint');
  await needWhole(context.folder, checkpoint, context.model.name);
  const name = `lm-eval/${attempt}`;
  const evaluation = await runHarness({
    ...{ protocol, taskFiles, signal },
    python: tools.python,
    modelFolder: checkpoint.folder,
    runFolder: join(context.folder, name),
    runId: runIdOf(tools, context.experimentId),
    device: existsSync('/dev/nvidia0') ? 'cuda:0' : 'cpu',
    threads: tools.threads,
    timeoutMs: TIMEOUT_MS,
    onStart: ({ pid, argv }) => context.emit({ kind: 'process', data: { pid, argv } }),
    onProgress: ({ phase, done, total }) => context.progress({ done, total, unit: 'requests', note: phase }),
    onLine: (line) => context.log(line),
  });
  const run = { ...evaluation.run, resultsFile: `${name}/${evaluation.run.resultsFile}` };
  context.emit({ kind: 'process', data: run });
  for (const { task, metric, value, stderr, n } of evaluation.scores)
    context.emit({ kind: 'score', data: { task, metric, value, stderr, n } });
  return { ...evaluation, run };
}

/**
 * Scores the checkpoint by the real lm-eval: the tasks that are not known of these weights, in one process; none when all are; and
 * perplexities likewise. While another experiment evaluates the same weights, this one waits in the queue and then uses what was found,
 * or evaluates by itself.
 */
export function evaluate(tools: StageTools): Stage<'evaluate'> {
  return {
    name: 'evaluate',
    run: async (context) => {
      const { request, output, known } = context;
      const located = await locateProtocol(request.protocol, tools.taskDataFolder);
      const { protocol, taskFiles } = located;
      const records = taskProtocolRecords(protocol);
      const claim = await known.claimEvaluation(output('export-checkpoint').weightsDigest, records);
      if (claim.kind === 'held') {
        const reason = 'another experiment evaluates the same weights';
        context.log(`evaluate: waiting, ${reason}`);
        return { kind: 'snooze', seconds: waitSeconds(claim.seconds), reason };
      }
      const reusedTasks = records.map(({ task }) => task).filter((task) => !claim.missing.includes(task));
      if (reusedTasks.length > 0) context.log(`evaluate: known of these weights: ${reusedTasks.join(', ')}`);
      // The short work first: what fails, fails early.
      const perplexities = await measurePerplexities(context, tools, located, claim.missing);
      const tasks = protocol.tasks.filter(({ name }) => claim.missing.includes(name));
      const evaluation = tasks.length > 0 ? await score(context, tools, { ...protocol, tasks }, taskFiles) : null;
      const all = [...claim.scores, ...(evaluation?.scores ?? [])];
      const scores = protocol.tasks.flatMap(({ name }) => all.filter(({ task }) => task === name));
      const counts = new Map(scores.map(({ task, n }) => [task, n]));
      return {
        kind: 'done',
        output: {
          ...{ protocolId: protocolId(protocol), scores, reusedTasks },
          perplexities: [...claim.perplexities, ...perplexities.map(perplexityFigure)],
          wasReused: claim.missing.length === 0,
          questionCount: [...counts.values()].reduce((sum, n) => sum + n, 0),
          run: evaluation && { ...evaluation.run, argv: [...evaluation.run.argv] },
        },
        records: { scoreItems: evaluation ? packed(evaluation) : [], perplexities },
      };
    },
  };
}
