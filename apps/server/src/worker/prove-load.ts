import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineInfo } from '@swm/core/engine';
import { CodedError } from '@swm/core/errors';
import { isRewiring, type LayerPlan } from '@swm/core/plan';
import { measureStockLoss } from '@swm/eval';
import type { LoadProof } from '../db/stage-outputs.js';
import { openSessionIn } from './open-session.js';
import type { StageContext } from './stage.js';
import { runIdOf, type StageTools } from './stage-tools.js';

/** The calibration's first samples and tokens: enough to tell any two tensors apart, small enough for a second's work. */
const SAMPLES = 2;
const TOKENS = 128;
const LOG = 'load-proof.log';

/** Nats between two float32 computations of one loss; tiny and small models differ by 1e-6. */
const TOLERANCE = 1e-4;
/** Where one side rounds to 16 bits: weights computed by a merge rule and stored so, or an engine that computes so. */
const ROUNDED_TOLERANCE = 0.05;

/** `LOAD_PROOF.LOSS_DIFFERS`: the exported folder is not the model that was searched. */
const lossDiffers = (proof: LoadProof): CodedError =>
  new CodedError({
    code: 'LOAD_PROOF.LOSS_DIFFERS',
    message: `Stock transformers gives the exported checkpoint another loss than the engine gives its plan: they differ by ${proof.difference.toPrecision(3)} nats, ${proof.tolerance} are allowed.`,
    fix: 'Delete the checkpoint’s folder and launch again; if it happens again, report it with the experiment’s load-proof.log.',
    details: { ...proof },
  });

const toleranceOf = (plan: LayerPlan, { dtype }: EngineInfo): number =>
  isRewiring(plan) && dtype === 'f32' ? TOLERANCE : ROUNDED_TOLERANCE;

/** The engine's loss of the plan on the source model, one number a row. */
async function engineLosses(
  context: StageContext,
  tools: StageTools,
  plan: LayerPlan,
  tokenIds: readonly (readonly number[])[],
): Promise<{ readonly info: EngineInfo; readonly losses: readonly number[] }> {
  const { engine } = context.request;
  const session = await openSessionIn(context, tools, engine === 'auto' ? tools.engine : engine, tokenIds);
  try {
    const { perSample } = await session.measure(plan, 'nll');
    return { info: session.info, losses: perSample };
  } finally {
    await session.close();
  }
}

/** Both at once; what went wrong first is thrown when both have ended, so that nothing runs on. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/**
 * Proves that an exported folder is the plan's model for everybody: stock transformers opens it in a clean process, and gives the loss
 * that our engine gives the plan on the source's weights. The log is kept beside the experiment. Throws `LOAD_PROOF.LOSS_DIFFERS`,
 * `LOAD_PROOF.FAILED`, or what the engine throws.
 */
export async function proveLoad(
  context: StageContext,
  tools: StageTools,
  exported: { readonly folder: string; readonly plan: LayerPlan },
): Promise<LoadProof> {
  const tokenIds = context
    .output('calibrate')
    .tokenIds.slice(0, SAMPLES)
    .map((row) => row.slice(0, TOKENS));
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    context.log(`load proof: ${line}`);
  };
  try {
    const [engine, stock] = await both(
      engineLosses(context, tools, exported.plan, tokenIds),
      measureStockLoss({
        ...{ python: tools.python, modelFolder: exported.folder, tokenIds, threads: tools.threads, onLine },
        ...{ runId: runIdOf(tools, context.experimentId), signal: context.signal },
      }),
    );
    const tolerance = toleranceOf(exported.plan, engine.info);
    const differences = engine.losses.map((loss, row) => Math.abs(loss - (stock.losses[row] ?? Number.NaN)));
    const proof: LoadProof = {
      ...{ experimentId: context.experimentId, log: LOG, samples: tokenIds.length, tokens: tokenIds[0]?.length ?? 0 },
      ...{ engine: engine.info, engineLosses: [...engine.losses], stockLosses: stock.losses, tolerance },
      difference: Math.max(...differences),
      ...{ device: stock.device, torch: stock.torch, transformers: stock.transformers },
    };
    onLine(JSON.stringify(proof));
    // Not `>`: a difference that is no number is no proof.
    if (!(proof.difference <= tolerance)) throw lossDiffers(proof);
    return proof;
  } finally {
    await writeFile(join(context.folder, LOG), lines.map((line) => `${line}\n`).join(''));
  }
}
