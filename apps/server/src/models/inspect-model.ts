import { access, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkCompanions,
  checkTokenizer,
  openModel,
  parameterCounts,
  type TensorDigests,
  tensorDigests,
  weightsDigest,
} from '@swm/core/checkpoint';
import { BUILTIN_MODELS, builtinModelOf } from '@swm/eval';
import type { InspectedModel, ModelInspector } from '../services/model-service.js';
import { fileModelFolder } from '../worker/checkpoint-files.js';

/** Looks into model folders on disk; built-in models lie below `swmHome` once they were converted. */
export function createModelInspector(swmHome: string): ModelInspector {
  return {
    builtins: BUILTIN_MODELS,
    convertedFolder: async (source) => {
      const builtin = builtinModelOf(source);
      if (!builtin) return null;
      const folder = join(swmHome, 'models', builtin.id);
      return access(join(folder, 'config.json')).then(
        () => folder,
        () => null, // not converted yet: the first experiment does it
      );
    },
    inspect: (path) => inspectModel(path),
  };
}

/**
 * Headers strictly, tokenizer against the embedding, then every weight once for the digest. `onDigests` hears of the weights'
 * digests and of the state the files were in before they were hashed. Throws the signal's reason when it is aborted.
 */
export async function inspectModel(
  path: string,
  options: {
    readonly onDigests?: (hashed: { readonly filesState: string; readonly digests: TensorDigests }) => Promise<void>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<InspectedModel> {
  const { onDigests, signal } = options;
  const folder = await fileModelFolder(path);
  try {
    const filesState = await folder.filesState();
    const model = await openModel(folder);
    await checkCompanions(folder);
    await checkTokenizer(folder, model.config.vocabSize, model.architecture.placeholderTokens);
    const { total, perLayer } = parameterCounts(model);
    const digests = await tensorDigests(model, signal);
    await onDigests?.({ filesState, digests });
    return {
      folder: await realpath(path),
      revision: await weightsDigest(model, digests),
      architecture: model.config.architecture,
      depth: model.config.depth,
      parameterCount: BigInt(total),
      layerParameterCount: BigInt(perLayer[0] ?? 0),
      sizeBytes: [...model.tensors.values()].reduce((sum, { sizeBytes }) => sum + BigInt(sizeBytes), 0n),
    };
  } finally {
    await folder.close();
  }
}
