import { createHash } from 'node:crypto';
import { functionSettings } from '../architecture/function-settings.js';
import { identityPlan, type LayerPlan } from '../plan/index.js';
import { configOfPlan } from './config-of-plan.js';
import { copyRanges } from './copy-ranges.js';
import type { ModelFolder } from './model-source.js';
import type { StoredModel } from './open-model.js';
import { outputTensors } from './output-tensors.js';

/**
 * sha256 (hex) of the bytes of each source weight, by its name, and of computed ones, by their `origin`. Of one model all re-wiring
 * plans' digests follow from those of the source, without reading again.
 */
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
 * tied head and `_name_or_path` do not enter. For a plan it is what the exported checkpoint's own digest will be; weights that
 * the plan computes are computed and read once where `digests` lacks them.
 */
export async function weightsDigest(
  model: StoredModel,
  digests: TensorDigests,
  plan: LayerPlan = identityPlan(model.config.depth),
): Promise<string> {
  const settings = functionSettings(model.architecture, configOfPlan(model.config, plan));
  const wanted = outputTensors(plan, model);
  const computed = new Map<string, string>();
  await copyRanges(
    wanted.filter(({ origin }) => !digests.has(origin)),
    { onDigest: ({ origin }, digest) => computed.set(origin, digest) },
  );
  const tensors = wanted.map(({ name, dtype, shape, origin }) => {
    const digest = digests.get(origin) ?? computed.get(origin);
    if (digest === undefined) throw new Error(`no digest of ${origin}`);
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
