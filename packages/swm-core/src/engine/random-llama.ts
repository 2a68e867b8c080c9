import { expectedTensors } from '../architecture/architecture.js';
import { LLAMA } from '../architecture/llama.js';
import { readConfig } from '../architecture/read-config.js';
import type { ModelSource, TensorEntry } from '../checkpoint/model-source.js';
import { seededRandom } from '../seeded-random.js';

/**
 * A Llama in memory whose layers all matter: reproducible f32 weights, projections uniform with the variance that keeps hidden
 * states near one, norms near one. For tests and benchmarks of the engine. `config` holds the keys of config.json.
 */
export function randomLlama(config: Readonly<Record<string, unknown>>, seed = 1): ModelSource {
  const raw = { architectures: ['LlamaForCausalLM'], model_type: 'llama', ...config };
  const modelConfig = readConfig(LLAMA, raw);
  const tensors = new Map<string, TensorEntry>();
  const values = new Map<string, Float32Array>();
  const bits = seededRandom(seed);
  const next = () => bits() / 2 ** 31 - 1; // uniform in [-1, 1)
  for (const [name, shape] of expectedTensors(LLAMA, modelConfig)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const spread = Math.sqrt(3 / (shape[1] ?? 1));
    const isNorm = shape.length === 1;
    values.set(
      name,
      Float32Array.from({ length: count }, () => (isNorm ? 1 + 0.3 * next() : spread * next())),
    );
    tensors.set(name, { name, dtype: 'F32', shape, sizeBytes: 4 * count });
  }
  const read = async (name: string): Promise<Float32Array> => {
    const found = values.get(name);
    if (!found) throw new RangeError(`randomLlama: no tensor ${name}`);
    return found;
  };
  return {
    config: modelConfig,
    tensors,
    readFloat32: read,
    readTensor: async (name) => new Uint8Array((await read(name)).buffer),
  };
}
