import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelSource, writeSafetensorsHeader } from '../../packages/swm-core/src/checkpoint/index.js';

/** Writes a model in memory to a new folder: config.json and its weights in `shards` files, an index beside them where there are several. */
export async function writeModel(folder: string, source: ModelSource, shards = 1): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(source.config.raw));
  const entries = [...source.tensors.values()];
  const weightMap: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard += 1) {
    const held = entries.filter((_, index) => index % shards === shard);
    const name = shards === 1 ? 'model.safetensors' : `model-${shard + 1}-of-${shards}.safetensors`;
    const bytes = await Promise.all(held.map((entry) => source.readTensor(entry.name)));
    writeFileSync(join(folder, name), Buffer.concat([writeSafetensorsHeader(held), ...bytes]));
    for (const entry of held) weightMap[entry.name] = name;
  }
  if (shards > 1)
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  return folder;
}
