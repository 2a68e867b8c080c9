// Letters: D hidden, F mlp, V vocab, N query heads, K kv heads, H head size, O outputs, I inputs.
import { layerTensorName } from '../../architecture/architecture.js';
import { LLAMA } from '../../architecture/llama.js';
import type { ModelSource } from '../../checkpoint/model-source.js';
import type { ProjectionWeights, SideWeights } from '../../model/decoder.js';
import type { Tensor, Tensor2D } from '../../model/tensor-ops.js';
import type { TfjsBackend } from './backend.js';

/** The whole source model on the backend, f32. Layers are taken apart so that a plan is only a re-wiring. */
export interface ModelWeights {
  readonly embedding: Tensor2D; // [V, D]
  readonly finalNorm: Tensor; // [D]
  readonly projections: readonly ProjectionWeights[]; // by source layer
  readonly sides: readonly SideWeights[]; // by source layer
  /** [V, D] for layout `out-in`, [D, V] for `in-out`. Where tied, made on first use: similarities need no logits. */
  head(): Tensor2D;
  dispose(): void;
}

/** Puts arrays on the backend and owns what it put there. `check` runs after each upload: out of memory on wasm is silent. */
class Uploader {
  private readonly owned: Tensor[] = [];

  constructor(private readonly backend: TfjsBackend) {}

  vector(values: Float32Array): Tensor {
    return this.own(this.backend.tf.tensor1d(values));
  }

  /** values of [O, I] as stored → [O, I] */
  asStored(values: Float32Array, inputs: number): Tensor2D {
    return this.own(this.backend.tf.tensor2d(values, [values.length / inputs, inputs]));
  }

  /** values of [O, I] as stored → the backend's layout */
  matrix(values: Float32Array, inputs: number): Tensor2D {
    if (this.backend.layout === 'out-in') return this.asStored(values, inputs);
    const stored = this.backend.tf.tensor2d(values, [values.length / inputs, inputs]); // [O, I]
    try {
      this.backend.check(stored);
      return this.transposed(stored); // [I, O]
    } finally {
      stored.dispose();
    }
  }

  /** [O, I] → [I, O] */
  transposed(stored: Tensor2D): Tensor2D {
    return this.own(this.backend.tf.transpose(stored) as Tensor2D); // rank 2 stays rank 2
  }

  dispose(): void {
    for (const tensor of this.owned.splice(0)) tensor.dispose();
  }

  private own<T extends Tensor>(tensor: T): T {
    const settled = this.backend.settle(tensor);
    this.owned.push(settled);
    this.backend.check(settled);
    return settled;
  }
}

/** Stacks [O1, I], [O2, I] … along their outputs. */
function stackRows(parts: readonly Float32Array[]): Float32Array {
  const stacked = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    stacked.set(part, at);
    at += part.length;
  }
  return stacked;
}

async function loadLayer(uploader: Uploader, source: ModelSource, layer: number) {
  const { hiddenSize: D, queryHeads: N, headSize: H, mlpSize: F } = source.config;
  const read = (name: string) => source.readFloat32(layerTensorName(LLAMA, layer, `${name}.weight`));
  const readStacked = async (names: readonly string[]) => stackRows(await Promise.all(names.map(read)));
  const projections: ProjectionWeights = {
    attention: {
      qkv: uploader.matrix(await readStacked(['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj']), D),
      output: uploader.matrix(await read('self_attn.o_proj'), N * H),
    },
    mlp: {
      gateUp: uploader.matrix(await readStacked(['mlp.gate_proj', 'mlp.up_proj']), D),
      down: uploader.matrix(await read('mlp.down_proj'), F),
    },
  };
  const side: SideWeights = {
    inputNorm: uploader.vector(await read('input_layernorm')),
    postAttentionNorm: uploader.vector(await read('post_attention_layernorm')),
  };
  return { projections, side };
}

/** Uploads every tensor of `source`, layer by layer; `source` may be closed afterwards. Frees everything when it throws. */
export async function loadWeights(backend: TfjsBackend, source: ModelSource): Promise<ModelWeights> {
  const { depth, hiddenSize: D, isTied } = source.config;
  const uploader = new Uploader(backend);
  try {
    const embedding = uploader.asStored(await source.readFloat32(LLAMA.embedding.name), D);
    const untied = isTied ? undefined : uploader.matrix(await source.readFloat32(LLAMA.head.name), D);
    let head = backend.layout === 'out-in' ? (untied ?? embedding) : untied;
    const finalNorm = uploader.vector(await source.readFloat32(LLAMA.finalNorm.name));
    const layers: Awaited<ReturnType<typeof loadLayer>>[] = [];
    for (let layer = 0; layer < depth; layer += 1) layers.push(await loadLayer(uploader, source, layer));
    return {
      embedding,
      finalNorm,
      projections: layers.map(({ projections }) => projections),
      sides: layers.map(({ side }) => side),
      head: () => {
        head ??= uploader.transposed(embedding);
        return head;
      },
      dispose: () => uploader.dispose(),
    };
  } catch (error) {
    uploader.dispose();
    throw error;
  }
}
