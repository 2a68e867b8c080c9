import { openSession } from '../open-session.js';
import type { Stage } from '../stage.js';
import type { StageTools } from '../stage-tools.js';

/** Measures how alike the layers of the dense model are, in one pass over the calibration. */
export function analyseLayers(tools: StageTools): Stage<'analyse-layers'> {
  return {
    name: 'analyse-layers',
    run: async (context) => {
      const session = await openSession(context, tools, tools.engine);
      try {
        context.progress({ done: 0, total: null, unit: 'layers', note: 'comparing the layers' });
        const { layerForwards, blockInfluence, angularDistance, cosine, cka } = await session.layerSimilarity();
        return {
          kind: 'done',
          output: { layerForwards, engine: session.info },
          records: { layerSimilarity: { blockInfluence, angularDistance, cosine, cka } },
        };
      } finally {
        await session.close().catch((error: unknown) => context.log(`engine: ${String(error)}`));
      }
    },
  };
}
