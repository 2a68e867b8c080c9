import { join } from 'node:path';
import { builtinModelOf, convertBuiltin, protocolId, protocolJson, protocolLabel, readPythonFacts } from '@swm/eval';
import { inspectModel } from '../../models/inspect-model.js';
import { needFreeSpace } from '../free-space.js';
import { keepDigests } from '../kept-digests.js';
import { locateProtocol } from '../locate-protocol.js';
import { modelChanged } from '../model-changed.js';
import type { ProtocolRecord, Stage, StageContext } from '../stage.js';
import { runIdOf, type StageTools } from '../stage-tools.js';
import { taskProtocolRecords } from '../task-protocol-records.js';

/** The folder of the model, a built-in one converted first. */
async function locateFolder(context: StageContext, tools: StageTools): Promise<string> {
  const { model, signal } = context;
  const builtin = builtinModelOf(model.source);
  if (!builtin) return model.folder ?? model.source;
  const folder = join(tools.modelsFolder, builtin.id);
  await needFreeSpace(tools.modelsFolder, Number(builtin.sizeBytes) * 2);
  context.progress({ done: 0, total: null, unit: 'steps', note: 'converting the built-in model' });
  await convertBuiltin({
    python: tools.python,
    folder,
    runId: runIdOf(tools, context.experimentId),
    signal,
    onLine: (line) => context.log(line),
  });
  return folder;
}

/** What the scores of this experiment will mean; null where none are asked for. */
async function resolveProtocol(
  { request, isWanted }: StageContext,
  tools: StageTools,
): Promise<ProtocolRecord | undefined> {
  if (!isWanted('evaluate')) return undefined;
  const { protocol } = await locateProtocol(request.protocol, tools.taskDataFolder);
  const { name, data, limit } = protocol;
  return {
    id: protocolId(protocol),
    name,
    data,
    limit,
    label: protocolLabel(protocol),
    json: JSON.parse(protocolJson(protocol)),
    tasks: taskProtocolRecords(protocol),
  };
}

/** What an export can be at most: all weights, the files beside them, and room for the headers. */
const EXPORT_FACTOR = 1.05;
const EXPORT_EXTRA_BYTES = 50e6;
const WAIT_SECONDS = 15;

/** Finds and checks everything the experiment needs before any heavy work: the environment, the data, the model's bytes. */
export function resolveModel(tools: StageTools): Stage<'resolve-model'> {
  return {
    name: 'resolve-model',
    run: async (context) => {
      const { model, signal } = context;
      const needsPython = context.isWanted('evaluate') || context.isWanted('benchmark-latency');
      if (needsPython)
        await readPythonFacts({ python: tools.python, runId: runIdOf(tools, context.experimentId), signal });
      // The dense model is its own checkpoint.
      const isCopied = context.isWanted('export-checkpoint') && context.request.method.name !== 'dense';
      const exportBytes = Number(model.sizeBytes) * EXPORT_FACTOR + EXPORT_EXTRA_BYTES;
      if (isCopied && !(await context.reserveDisk(exportBytes)))
        return { kind: 'snooze', seconds: WAIT_SECONDS, reason: 'other experiments were promised the free disk' };
      const protocol = await resolveProtocol(context, tools);
      const found = await inspectModel(await locateFolder(context, tools), {
        onDigests: (hashed) => keepDigests(context.folder, hashed),
        signal,
      });
      signal.throwIfAborted();
      if (model.revision !== null && model.revision !== found.revision) throw modelChanged(model.name);
      const output = {
        folder: found.folder,
        revision: found.revision,
        architecture: found.architecture,
        depth: found.depth,
        parameterCount: String(found.parameterCount),
        layerParameterCount: String(found.layerParameterCount),
        sizeBytes: String(found.sizeBytes),
      };
      return { kind: 'done', output, ...(protocol ? { records: { protocol } } : {}) };
    },
  };
}
