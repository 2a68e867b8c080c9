import type { LayerPlan } from '../plan/index.js';
import { planId } from '../plan/plan-id.js';
import { COMPANION_FILES } from './companion-files.js';
import { rewriteConfig } from './config-rewrite.js';
import { copyRanges } from './copy-ranges.js';
import { type CardFacts, modelCard } from './model-card.js';
import type { ByteSink } from './model-source.js';
import type { StoredModel } from './open-model.js';
import { type OutputTensor, outputTensors } from './output-tensors.js';
import { parameterCounts } from './parameter-counts.js';
import { dtypeBytes, writeSafetensorsHeader } from './safetensors.js';
import { type TensorDigests, weightsDigest } from './weights-digest.js';

const DEFAULT_MAX_SHARD_BYTES = 5_000_000_000;

export interface ExportOptions {
  readonly model: StoredModel;
  readonly plan: LayerPlan;
  readonly facts: CardFacts;
  /** Opens an empty file of that plain name in the target folder. */
  readonly openSink: (fileName: string) => Promise<ByteSink>;
  /** Bytes of weights a file (default 5 GB); a larger tensor gets a file of its own. */
  readonly maxShardBytes?: number;
  /** Of the model, where already known: then the weights are not hashed a second time. */
  readonly digests?: TensorDigests;
  readonly signal?: AbortSignal;
  /** Bytes of weights written so far, and in all. */
  readonly onProgress?: (writtenBytes: number, totalBytes: number) => void;
}

/** What was written. */
export interface ExportedCheckpoint {
  readonly planId: string;
  readonly weightsDigest: string;
  /** A tied head counts once. */
  readonly parameters: number;
  readonly fileNames: readonly string[];
  /** Weights only, without headers. */
  readonly weightBytes: number;
}

/**
 * Writes the model under `plan` as an ordinary Hugging Face folder. A re-wiring copies byte ranges, a rule with arithmetic computes
 * its weights while they are written; the stored dtype is kept, memory stays near 12 MB (60 MB with arithmetic). Throws
 * `MERGE.NON_FINITE` where a computed weight leaves the dtype's range. The source is only read. A failure leaves files behind:
 * publish from a temporary folder.
 */
export async function exportCheckpoint(options: ExportOptions): Promise<ExportedCheckpoint> {
  const { model, plan, facts } = options;
  const tensors = outputTensors(plan, model);
  const files = new OutputFiles(options.openSink);
  try {
    const digests = await writeWeights(tensors, options, files);
    await files.writeBytes('config.json', rewriteConfig(model, plan));
    const present = new Set(await model.folder.list());
    for (const fileName of COMPANION_FILES.filter((name) => present.has(name))) {
      const source = await model.folder.open(fileName);
      const range = { source, offset: 0, sizeBytes: source.sizeBytes };
      await files.write(fileName, (sink) => copyRanges([range], { sink }));
    }
    const parameters = parameterCounts(model, plan).total;
    const digest = await weightsDigest(model, digests, plan);
    const counted = { parameters, sourceParameters: parameterCounts(model).total, weightsDigest: digest };
    await files.writeBytes('README.md', new TextEncoder().encode(modelCard(facts, plan, counted)));
    await files.finish();
    const { names } = files;
    return {
      planId: planId(plan),
      weightsDigest: digest,
      parameters,
      fileNames: names,
      weightBytes: sumBytes(tensors),
    };
  } finally {
    await files.settle();
  }
}

/** The files of one export. The closing of one, which waits for the disk, runs beside the writing of the next. */
class OutputFiles {
  readonly names: string[] = [];
  private readonly closings: Promise<void>[] = [];

  constructor(private readonly openSink: ExportOptions['openSink']) {}

  /** Opens a sink of that name, has it written, and begins to close it, also after a failure. */
  async write(fileName: string, fill: (sink: ByteSink) => Promise<void>): Promise<void> {
    this.names.push(fileName);
    const sink = await this.openSink(fileName);
    try {
      await fill(sink);
    } finally {
      const closing = sink.close();
      closing.catch(() => {}); // `finish` reports it; after a failure that one is the cause.
      this.closings.push(closing);
    }
  }

  writeBytes(fileName: string, bytes: Uint8Array): Promise<void> {
    return this.write(fileName, (sink) => sink.write(bytes));
  }

  /** Resolves when everything written is durable. */
  async finish(): Promise<void> {
    await Promise.all(this.closings);
  }

  /** Waits until nothing is being closed any more, well or not. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.closings);
  }
}

/** Writes all weights, and the index where they fill more than one file. Returns digests by origin. */
async function writeWeights(
  tensors: readonly OutputTensor[],
  options: ExportOptions,
  files: OutputFiles,
): Promise<TensorDigests> {
  const { signal, onProgress, maxShardBytes = DEFAULT_MAX_SHARD_BYTES } = options;
  // A computed weight is in no digest of the source: then all are hashed while they are written.
  const digests = tensors.every(({ origin }) => options.digests?.has(origin)) ? options.digests : undefined;
  const totalBytes = sumBytes(tensors);
  const shards = planShards(tensors, maxShardBytes);
  const measured = new Map<string, string>();
  const weightMap: [string, string][] = [];
  let writtenBytes = 0;
  for (const [index, shard] of shards.entries()) {
    const fileName = shardName(index, shards.length);
    for (const { name } of shard) weightMap.push([name, fileName]);
    await files.write(fileName, async (sink) => {
      await sink.write(writeSafetensorsHeader(shard));
      await copyRanges(shard, {
        sink,
        ...(signal ? { signal } : {}),
        ...(digests ? {} : { onDigest: ({ origin }: OutputTensor, digest: string) => measured.set(origin, digest) }),
        onBytes: (count) => {
          writtenBytes += count;
          onProgress?.(writtenBytes, totalBytes);
        },
      });
    });
  }
  if (shards.length > 1) {
    const index = { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(weightMap.sort()) };
    await files.writeBytes(
      'model.safetensors.index.json',
      new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`),
    );
  }
  return digests ?? measured;
}

/** Consecutive weights up to `maxBytes` a file; within a file wide dtypes first, so that every weight is aligned. */
function planShards(tensors: readonly OutputTensor[], maxBytes: number): OutputTensor[][] {
  const shards: OutputTensor[][] = [];
  let sizeBytes = Number.POSITIVE_INFINITY;
  for (const tensor of tensors) {
    if (sizeBytes + tensor.sizeBytes > maxBytes) {
      shards.push([]);
      sizeBytes = 0;
    }
    shards.at(-1)?.push(tensor);
    sizeBytes += tensor.sizeBytes;
  }
  for (const shard of shards) shard.sort((a, b) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype));
  return shards;
}

function shardName(index: number, count: number): string {
  const number = (value: number) => String(value).padStart(5, '0');
  return count === 1 ? 'model.safetensors' : `model-${number(index + 1)}-of-${number(count)}.safetensors`;
}

function sumBytes(tensors: readonly OutputTensor[]): number {
  return tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
