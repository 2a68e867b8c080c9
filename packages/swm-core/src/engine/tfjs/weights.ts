// Letters: D hidden, F mlp, V vocab, N query heads, K kv heads, H head size, O outputs, I inputs.
import type { SideRole } from '../../architecture/architecture.js';
import { architectureNamed } from '../../architecture/architecture-of.js';
import type { ModelConfig, ModelSource } from '../../checkpoint/model-source.js';
import type { AttentionSides } from '../../model/attention.js';
import type { ProjectionWeights, SideWeights } from '../../model/decoder.js';
import type { Tensor, Tensor2D } from '../../model/tensor-ops.js';
import { LayerReader } from './layer-reader.js';
import type { Uploader } from './uploader.js';

/** The whole source model on the backend, f32. Layers are taken apart so that a plan is only a re-wiring. */
export interface ModelWeights {
  readonly embedding: Tensor2D; // [V, D]
  readonly finalNorm: Tensor; // [D]
  readonly projections: readonly ProjectionWeights[]; // by source layer
  readonly sides: readonly SideWeights[]; // by source layer
  /** [V, D] for layout `out-in`, [D, V] for `in-out`. Where tied, made on first use: similarities need no logits. */
  head(): Tensor2D;
}

/** The norm's weight as it scales: with the family's offset in it. */
const withOffset = (values: Float32Array, offset: number): Float32Array =>
  offset === 0 ? values : values.map((value) => offset + value);

/** What attention has beside projections; each part by the roles that the family has. */
async function loadAttentionSides(
  uploader: Uploader,
  reader: LayerReader,
  { queryHeads: N, kvHeads: K, headSize: H, normOffset }: ModelConfig,
): Promise<AttentionSides> {
  const qkvBias = reader.find('queryBias')
    ? uploader.vector(await reader.read('queryBias', 'keyBias', 'valueBias'))
    : undefined;
  const normShape = reader.find('queryNorm')?.shape;
  if (!normShape) return { qkvBias, headNorm: undefined, wideNorms: undefined };
  const query = withOffset(await reader.read('queryNorm'), normOffset);
  const key = withOffset(await reader.read('keyNorm'), normOffset);
  if (normShape.includes('H')) {
    const rows = Array.from({ length: N + K }, (_, head) => Array.from(head < N ? query : key)).flat();
    return { qkvBias, headNorm: uploader.tensor(Float32Array.from(rows), [N + K, 1, H]), wideNorms: undefined };
  }
  return { qkvBias, headNorm: undefined, wideNorms: { query: uploader.vector(query), key: uploader.vector(key) } };
}

async function loadLayer(uploader: Uploader, config: ModelConfig, reader: LayerReader) {
  const { hiddenSize: D, queryHeads: N, headSize: H, mlpSize: F, normOffset } = config;
  const qkv = reader.find('qkv') ? reader.read('qkv') : reader.read('query', 'key', 'value');
  const gateUp = reader.find('gateUp') ? reader.read('gateUp') : reader.read('gate', 'up');
  const projections: ProjectionWeights = {
    attention: {
      qkv: uploader.matrix(await qkv, D),
      output: uploader.matrix(await reader.read('output'), N * H),
    },
    mlp: { gateUp: uploader.matrix(await gateUp, D), down: uploader.matrix(await reader.read('down'), F) },
  };
  const norm = async (role: SideRole) =>
    reader.find(role) ? uploader.vector(withOffset(await reader.read(role), normOffset)) : undefined;
  const sides: SideWeights = {
    attention: await loadAttentionSides(uploader, reader, config),
    attentionNorm: await norm('attentionNorm'),
    attentionOutputNorm: await norm('attentionOutputNorm'),
    mlpNorm: await norm('mlpNorm'),
    mlpOutputNorm: await norm('mlpOutputNorm'),
  };
  return { projections, sides };
}

/** Uploads every tensor of `source`, layer by layer; `source` may be closed afterwards. `uploader` owns them, also when it throws. */
export async function loadWeights(uploader: Uploader, source: ModelSource): Promise<ModelWeights> {
  const { depth, hiddenSize: D, isTied, normOffset } = source.config;
  const architecture = architectureNamed(source.config.architecture);
  const embedding = uploader.asStored(await source.readFloat32(architecture.embedding.name), D);
  const untied = isTied ? undefined : uploader.matrix(await source.readFloat32(architecture.head.name), D);
  let head = uploader.backend.layout === 'out-in' ? (untied ?? embedding) : untied;
  const finalNorm = uploader.vector(withOffset(await source.readFloat32(architecture.finalNorm.name), normOffset));
  const layers: Awaited<ReturnType<typeof loadLayer>>[] = [];
  for (let layer = 0; layer < depth; layer += 1)
    layers.push(await loadLayer(uploader, source.config, new LayerReader(source, architecture, layer)));
  return {
    embedding,
    finalNorm,
    projections: layers.map(({ projections }) => projections),
    sides: layers.map(({ sides }) => sides),
    head: () => {
      head ??= uploader.transposed(embedding);
      return head;
    },
  };
}
