import { createHash } from 'node:crypto';
import { identityPlan, type LayerPlan, outputDepth } from '../plan/index.js';
import { copyRanges } from './copy-ranges.js';
import type { ModelFolder } from './model-source.js';
import { type StoredModel, storedTensor } from './open-model.js';
import { tensorSources } from './tensor-sources.js';

/** sha256 (hex) of the bytes of each source weight. Of one model all plans' digests follow from these, without reading again. */
export type TensorDigests = ReadonlyMap<string, string>;

/** Reads all weights once, 4 MiB at a time. */
export async function tensorDigests(model: StoredModel, signal?: AbortSignal): Promise<TensorDigests> {
  const digests = new Map<string, string>();
  await copyRanges([...model.tensors.values()], {
    ...(signal ? { signal } : {}),
    onDigest: ({ name }, digest) => digests.set(name, digest),
  });
  return digests;
}

/**
 * The identity of what a checkpoint computes: sha256 over the settings that change the function, tokenizer.json, and
 * (name, dtype, shape, sha256 of the bytes) of every weight in name order. Folder, shard layout, stored duplicates of a
 * tied head and `_name_or_path` do not enter. For a plan it is what the exported checkpoint's own digest will be.
 */
export async function weightsDigest(
  model: StoredModel,
  digests: TensorDigests,
  plan: LayerPlan = identityPlan(model.config.depth),
): Promise<string> {
  const settings = model.architecture.functionSettings({ ...model.config, depth: outputDepth(plan) });
  const tensors = [...tensorSources(plan, model)].map(([name, from]) => {
    const { dtype, shape } = storedTensor(model.tensors, from);
    const digest = digests.get(from);
    if (digest === undefined) throw new Error(`no digest of ${from}`);
    return [name, dtype, shape, digest] as const;
  });
  const hash = createHash('sha256');
  const line = (value: unknown) => hash.update(`${JSON.stringify(value)}\n`);
  line('swm weights 1');
  line(Object.entries(settings).sort(byName));
  line(await tokenizerDigest(model.folder));
  for (const tensor of tensors.sort(byName)) line(tensor);
  return hash.digest('hex');
}

async function tokenizerDigest(folder: ModelFolder): Promise<string | null> {
  if (!(await folder.list()).includes('tokenizer.json')) return null;
  const source = await folder.open('tokenizer.json');
  let digest: string | null = null;
  await copyRanges([{ source, offset: 0, sizeBytes: source.sizeBytes }], {
    onDigest: (_, sha256) => {
      digest = sha256;
    },
  });
  return digest;
}

/** By code unit, not by locale: the same everywhere. */
function byName(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
