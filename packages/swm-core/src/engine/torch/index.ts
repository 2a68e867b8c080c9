/** Entry `@swm/core/engine/torch`: the client of the torch engine's side process. */
import { fileURLToPath } from 'node:url';
import { tensorsByRole } from '../../architecture/architecture.js';
import { architectureNamed } from '../../architecture/architecture-of.js';
import { checkTokens } from '../calibration-tokens.js';
import type { Engine, EngineInfo } from '../engine.js';
import { TorchClient } from './client.js';
import type { LineTransport } from './line-transport.js';
import { countOf, type Hello } from './messages.js';
import { TorchSession } from './session.js';

export type { LineTransport } from './line-transport.js';

/** What Python runs: `python TORCH_ENGINE_SCRIPT DEVICE DTYPE`; DEVICE auto, cuda, mps or cpu, DTYPE f32, bf16 or f16. */
export const TORCH_ENGINE_SCRIPT = fileURLToPath(new URL('../../../python/torch_engine.py', import.meta.url));

/** As of the tfjs engine: with one budget both cost the same layer forwards. */
const DEFAULT_CACHE_BYTES = 1_500_000_000;

const infoOf = ({ torch, backend, deviceName, dtype, tf32, threads }: Hello): EngineInfo => ({
  name: 'torch',
  backend,
  package: `torch@${torch}`,
  device: backend === 'cpu' ? 'cpu' : 'gpu',
  ...{ dtype, tf32, deviceName, threads },
});

/**
 * The torch engine on a side process that was just started, for the model in `folder`, which the process reads itself. It serves one
 * session, whose `close` ends the process. Throws `ENGINE.UNAVAILABLE`, `ENGINE.CRASHED` or `ENGINE.PROTOCOL`, and ends it then.
 */
export async function createTorchEngine(options: {
  readonly transport: LineTransport;
  /** Absolute path of the folder that the opened `ModelSource` comes from. */
  readonly folder: string;
  readonly cacheBytes?: number;
}): Promise<Engine> {
  const { transport, folder, cacheBytes = DEFAULT_CACHE_BYTES } = options;
  const client = new TorchClient(transport);
  const endedBy = async (error: unknown): Promise<never> => {
    await client.close();
    throw error;
  };
  const info = infoOf(await client.hello.catch(endedBy));
  return {
    info,
    open: async ({ config }, tokenIds) => {
      const [batch, tokens] = [tokenIds.length, tokenIds[0]?.length ?? 0];
      checkTokens(tokenIds, config);
      const { raw, ...settings } = config;
      const tensors = tensorsByRole(architectureNamed(config.architecture), config);
      const question = { folder, config: settings, tensors, tokenIds, cacheBytes };
      const opened = await client.ask('open', '', question).catch(endedBy);
      return new TorchSession(
        client,
        config,
        { batch, tokens },
        { ...info, batchSamples: countOf(opened, 'batchSamples', 1) },
      );
    },
  };
}
