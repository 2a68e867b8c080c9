import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planId } from '@swm/core';
import { layerMagnitudes, openModel } from '@swm/core/checkpoint';
import {
  type Candidate,
  createMethod,
  expectedEvaluations,
  needsGradients,
  runSearch,
  type SearchCursor,
} from '@swm/core/method';
import { formatPlan, outputDepth, planJson } from '@swm/core/plan';
import { z } from 'zod';
import { fileModelFolder } from '../checkpoint-files.js';
import type { HostedSession } from '../engine-host.js';
import { openSession } from '../open-session.js';
import type { Stage, StageContext } from '../stage.js';
import type { StageTools } from '../stage-tools.js';

const cursorSchema = z.object({ index: z.int(), evaluations: z.int(), layerForwards: z.int(), state: z.unknown() });

/** One line a logged candidate, in order; also those of attempts before a crash. */
async function writeTrace(context: StageContext): Promise<void> {
  const candidates = await context.recorded('candidate');
  await writeFile(
    join(context.folder, 'trace.jsonl'),
    candidates.map((candidate) => `${JSON.stringify(candidate)}\n`).join(''),
  );
}

/** Runs the method's search from where it stood; every candidate and the cursor behind it commit together. */
export function searchPlan(tools: StageTools): Stage<'search-plan'> {
  return {
    name: 'search-plan',
    run: async (context) => {
      const { request, output, signal } = context;
      const { folder, depth } = output('resolve-model');
      let session: Promise<HostedSession> | undefined;
      const open = () => {
        // AUTO means the engine of this machine, or the one that can answer.
        session ??= openSession(context, tools, needsGradients(request.method) ? 'torch' : tools.engine);
        return session;
      };
      const cursor: SearchCursor | undefined = context.cursor === null ? undefined : cursorSchema.parse(context.cursor);
      const total = expectedEvaluations(request.method, depth);
      const onCandidate = async (candidate: Candidate, after: SearchCursor) => {
        await context.saveCursor(after, [{ kind: 'candidate', data: candidate }]);
        context.progress({
          done: after.evaluations,
          total,
          unit: 'evaluations',
          note: `${candidate.quantity === 'cosine' ? 'similarity' : candidate.quantity} ${candidate.similarity.toFixed(4)}`,
        });
      };
      try {
        const found = await runSearch({
          method: createMethod(request.method),
          depth,
          open,
          magnitudes: () => readMagnitudes(folder, signal),
          cursor,
          onCandidate,
          signal,
        });
        await writeTrace(context);
        await writeFile(join(context.folder, 'plan.json'), `${planJson(found.plan)}\n`);
        const [engine] = (await context.recorded('engine')).slice(-1);
        return {
          kind: 'done',
          output: {
            planId: planId(found.plan),
            plan: JSON.parse(planJson(found.plan)),
            text: formatPlan(found.plan),
            outputDepth: outputDepth(found.plan),
            candidates: found.cursor.index,
            evaluations: found.cursor.evaluations,
            layerForwards: found.cursor.layerForwards,
            threshold: found.threshold,
            engine: (session ? (await session).info : (engine ?? null)) as HostedSession['info'] | null, // validated by the stage's schema
          },
        };
      } finally {
        await session
          ?.then((opened) => opened.close())
          .catch((error: unknown) => context.log(`engine: ${String(error)}`));
      }
    },
  };
}

/** Sums of absolute weights, straight from the checkpoint: no engine needs the weights for that. */
async function readMagnitudes(folder: string, signal: AbortSignal): Promise<readonly number[]> {
  const files = await fileModelFolder(folder);
  try {
    return await layerMagnitudes(await openModel(files), signal);
  } finally {
    await files.close();
  }
}
