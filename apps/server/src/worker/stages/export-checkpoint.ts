import { join } from 'node:path';
import { exportCheckpoint as exportModel, openModel, outputTensors } from '@swm/core/checkpoint';
import { isIdentity, planJson, readPlanJson } from '@swm/core/plan';
import type { LoadProof, StageOutputs } from '../../db/stage-outputs.js';
import { fileModelFolder, publishCheckpoint } from '../checkpoint-files.js';
import { keptDigests } from '../kept-digests.js';
import { modelChanged } from '../model-changed.js';
import { proveLoad } from '../prove-load.js';
import type { Stage, StageContext } from '../stage.js';
import type { StageTools } from '../stage-tools.js';
import { keepVerified, needWhole } from '../verified-checkpoint.js';

type Output = StageOutputs['export-checkpoint'];

/** An earlier export of the same model and plan, if its files are still what they were. */
async function reuse({ known, log, folder, model }: StageContext, planId: string): Promise<Output | null> {
  const found = await known.checkpoint(planId);
  if (!found || found.isIdentity) return found;
  const isWhole = await needWhole(folder, found, model.name).then(
    () => true,
    (error: unknown) => {
      log(`checkpoint: exporting again, ${error instanceof Error ? error.message : 'it cannot be verified'}`);
      return false;
    },
  );
  return isWhole ? found : null;
}

/** Beside the weights: the tokenizer, the model card, headers. */
const EXTRA_BYTES = 50e6;
const WAIT_SECONDS = 15;

/** Null when the disk it needs was promised to others. */
async function publish(context: StageContext, tools: StageTools): Promise<Output | null> {
  const { model, request, output, signal } = context;
  const source = output('resolve-model');
  const found = output('search-plan');
  const plan = readPlanJson(found.plan);
  const target = join(tools.checkpointsFolder, `${source.revision.slice(0, 16)}-${found.planId.slice(0, 16)}`);
  const folder = await fileModelFolder(source.folder);
  try {
    const opened = await openModel(folder);
    const neededBytes = outputTensors(plan, opened).reduce((sum, { sizeBytes }) => sum + sizeBytes, EXTRA_BYTES);
    // Now the plan tells what it takes; and an attempt that goes on here was promised nothing yet.
    if (!(await context.reserveDisk(neededBytes))) return null;
    const kept = await keptDigests(context.folder, folder);
    let [parameters, weightBytes] = [0, 0];
    const manifest = await publishCheckpoint({
      folder: target,
      neededBytes,
      write: async (openSink) => {
        const facts = {
          modelName: model.name,
          modelRevision: source.revision,
          method: request.method.name,
          tool: tools.tool,
        };
        const written = await exportModel({
          model: opened,
          plan,
          facts,
          openSink,
          signal,
          ...(kept ? { digests: kept.digests } : {}),
          onProgress: (done, total) =>
            context.progress({ done: Math.round(done / 1e6), total: Math.round(total / 1e6), unit: 'MB' }),
        });
        if (kept && kept.filesState !== (await folder.filesState())) throw modelChanged(model.name);
        [parameters, weightBytes] = [written.parameters, written.weightBytes];
        return {
          sourceRevision: source.revision,
          plan: planJson(plan),
          planId: found.planId,
          weightsDigest: written.weightsDigest,
          tools: { writer: tools.tool, node: process.version },
        };
      },
    });
    await keepVerified(context.folder, target);
    return {
      folder: target,
      weightsDigest: manifest.weightsDigest,
      sizeBytes: String(weightBytes),
      parameterCount: String(parameters),
      isIdentity: false,
      loadProof: null,
    };
  } finally {
    await folder.close();
  }
}

/** What is to be listed is proven, once; a checkpoint that nobody wants scored is not. */
async function proofOf(context: StageContext, tools: StageTools, exported: Output): Promise<LoadProof | null> {
  if (exported.loadProof || !context.isWanted('evaluate')) return exported.loadProof;
  const plan = readPlanJson(context.output('search-plan').plan);
  return proveLoad(context, tools, { folder: exported.folder, plan });
}

/** The pruned model as a folder that stock transformers loads, and is seen to load. The identity plan is the source itself and copies nothing. */
export function exportCheckpoint(tools: StageTools): Stage<'export-checkpoint'> {
  return {
    name: 'export-checkpoint',
    run: async (context) => {
      const source = context.output('resolve-model');
      const { plan, planId } = context.output('search-plan');
      if (isIdentity(readPlanJson(plan))) {
        const { folder, revision, sizeBytes, parameterCount } = source;
        return {
          kind: 'done',
          output: { folder, weightsDigest: revision, sizeBytes, parameterCount, isIdentity: true, loadProof: null },
        };
      }
      const exported = (await reuse(context, planId)) ?? (await publish(context, tools));
      if (!exported)
        return { kind: 'snooze', seconds: WAIT_SECONDS, reason: 'other experiments were promised the free disk' };
      return { kind: 'done', output: { ...exported, loadProof: await proofOf(context, tools, exported) } };
    },
  };
}
