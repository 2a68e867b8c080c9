import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createProtocol, type Evaluation, locateTaskFiles, protocolId, evaluate as runHarness } from '@swm/eval';
import type { ScoreItemsRecord, Stage, StageContext } from '../stage.js';
import { runIdOf, type StageTools } from '../stage-tools.js';
import { needWhole } from '../verified-checkpoint.js';

/** Nothing runs this long on a model that this platform handles; a hang is found, though. */
const TIMEOUT_MS = 12 * 3600 * 1000;

const packed = ({ items }: Evaluation): ScoreItemsRecord[] =>
  items.map(({ task, n, correct, correctNorm, choiceCounts, logLikelihoods }) => ({
    ...{ task, n, correct, correctNorm, choiceCounts },
    logLikelihoods: new Uint8Array(logLikelihoods.buffer, logLikelihoods.byteOffset, logLikelihoods.byteLength),
  }));

async function score(context: StageContext, tools: StageTools): Promise<Evaluation> {
  const { request, output, signal, attempt } = context;
  const checkpoint = output('export-checkpoint');
  await needWhole(context.folder, checkpoint, context.model.name);
  const { files, sha256 } = await locateTaskFiles(request.protocol.data, tools.taskDataFolder);
  const name = `lm-eval/${attempt}`;
  const evaluation = await runHarness({
    python: tools.python,
    modelFolder: checkpoint.folder,
    protocol: createProtocol({ ...request.protocol, dataSha256: sha256 }),
    taskFiles: files,
    runFolder: join(context.folder, name),
    runId: runIdOf(tools, context.experimentId),
    device: existsSync('/dev/nvidia0') ? 'cuda:0' : 'cpu',
    threads: tools.threads,
    timeoutMs: TIMEOUT_MS,
    signal,
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

/** Scores the checkpoint by the real lm-eval, unless the same weights were scored under the same protocol before. */
export function evaluate(tools: StageTools): Stage<'evaluate'> {
  return {
    name: 'evaluate',
    run: async (context) => {
      const { request, output, known } = context;
      const { sha256 } = await locateTaskFiles(request.protocol.data, tools.taskDataFolder);
      const id = protocolId(createProtocol({ ...request.protocol, dataSha256: sha256 }));
      const before = await known.scores(output('export-checkpoint').weightsDigest, id);
      if (before) {
        const counts = new Map(before.map(({ task, n }) => [task, n]));
        const questionCount = [...counts.values()].reduce((sum, n) => sum + n, 0);
        return { kind: 'done', output: { protocolId: id, wasReused: true, questionCount, scores: before, run: null } };
      }
      const evaluation = await score(context, tools);
      const questionCount = evaluation.items.reduce((sum, { n }) => sum + n, 0);
      return {
        kind: 'done',
        output: {
          protocolId: id,
          wasReused: false,
          questionCount,
          scores: [...evaluation.scores],
          run: { ...evaluation.run, argv: [...evaluation.run.argv] },
        },
        records: { scoreItems: packed(evaluation) },
      };
    },
  };
}
