/**
 * Export of sharded weights against `cp F G && sync G`, side by side on the same disk.
 * Usage, after `npm run build`: node packages/swm-core/bench/export.bench.mjs [gigabytes=2] [rounds=5] [folder=a temporary one]
 * Prints both times of each round, the ratio of the medians (bar: >= 0.6) and the growth of RSS (bar: < 300 MB).
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportCheckpoint, openModel, tensorDigests, writeSafetensorsHeader } from '@swm/core/checkpoint';
import { createPlan, planJson } from '@swm/core/plan';
import { fileModelFolder, publishCheckpoint } from '../../../apps/server/dist/worker/checkpoint-files.js';

const gigabytes = Number(process.argv[2] ?? 2);
const rounds = Number(process.argv[3] ?? 5);
const parent = mkdtempSync(join(process.argv[4] ?? tmpdir(), 'swm-bench-'));
const [D, F, V, SHARDS] = [2048, 5632, 32_000, 4];
const layerBytes = 2 * (4 * D * D + 3 * D * F + 2 * D);
const depth = Math.max(8, Math.round((gigabytes * 1e9 - 4 * V * D) / layerBytes));

/** A Llama of random bf16 weights in four shards. Incompressible, and no two tensors alike. */
function writeModel(folder) {
  const tensor = (name, shape) => ({ name, dtype: 'BF16', shape, sizeBytes: 2 * shape.reduce((a, b) => a * b, 1) });
  const layer = (i) => [
    ...['input_layernorm', 'post_attention_layernorm'].map((n) => tensor(`model.layers.${i}.${n}.weight`, [D])),
    ...['q', 'k', 'v', 'o'].map((n) => tensor(`model.layers.${i}.self_attn.${n}_proj.weight`, [D, D])),
    ...['gate', 'up'].map((n) => tensor(`model.layers.${i}.mlp.${n}_proj.weight`, [F, D])),
    tensor(`model.layers.${i}.mlp.down_proj.weight`, [D, F]),
  ];
  const tensors = [
    tensor('model.embed_tokens.weight', [V, D]),
    ...Array.from({ length: depth }, (_, i) => layer(i)).flat(),
    tensor('model.norm.weight', [D]),
    tensor('lm_head.weight', [V, D]),
  ];
  mkdirSync(folder);
  const weightMap = {};
  const noise = crypto.getRandomValues(new Uint32Array(16_384));
  const block = new Uint32Array(1 << 20);
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const held = tensors.filter((_, i) => Math.floor((i * SHARDS) / tensors.length) === shard);
    const name = `model-0000${shard + 1}-of-0000${SHARDS}.safetensors`;
    const fd = openSync(join(folder, name), 'w');
    writeSync(fd, writeSafetensorsHeader(held));
    for (const { name: tensorName, sizeBytes } of held) {
      weightMap[tensorName] = name;
      for (let i = 0; i < block.length; i += 1) block[i] = noise[i & 16_383] + Math.imul(i + sizeBytes, 0x9e3779b1);
      for (let at = 0; at < sizeBytes; at += block.byteLength) {
        writeSync(fd, new Uint8Array(block.buffer, 0, Math.min(block.byteLength, sizeBytes - at)));
      }
    }
    closeSync(fd);
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  const config = { architectures: ['LlamaForCausalLM'], model_type: 'llama', num_hidden_layers: depth, hidden_size: D };
  const rest = { intermediate_size: F, vocab_size: V, num_attention_heads: 16, torch_dtype: 'bfloat16' };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...rest }));
}

async function exportOnce(folder, target, digests) {
  const files = await fileModelFolder(folder);
  const model = await openModel(files);
  // Layers 1 and 2 become one: nearly all bytes are copied, and no layer keeps its number.
  const recipes = [
    { kind: 'keep', first: 0, last: 0 },
    { kind: 'merge', first: 1, last: 2 },
    { kind: 'keep', first: 3, last: depth - 1 },
  ];
  const plan = createPlan({ sourceDepth: depth, recipes });
  const facts = { modelName: 'bench', modelRevision: 'random', method: 'bench', tool: 'bench' };
  let bytes = 0;
  await publishCheckpoint({
    folder: target,
    write: async (openSink) => {
      const known = digests ? { digests } : {};
      const written = await exportCheckpoint({ model, plan, facts, openSink, maxShardBytes: 5e8, ...known });
      bytes = written.weightBytes;
      const { planId, weightsDigest } = written;
      return { sourceRevision: 'random', plan: planJson(plan), planId, weightsDigest, tools: {} };
    },
  });
  await files.close();
  return bytes;
}

/**
 * Fills the page cache with as much as a copy will, and lets go of it. A virtual machine hands free memory back to its host and pays
 * for each page it takes again: two copies of equal work then differ by seconds, whoever comes second.
 */
function touchMemory(bytes) {
  const file = join(parent, 'touched');
  const fd = openSync(file, 'w');
  const piece = new Uint8Array(4 << 20);
  for (let at = 0; at < bytes; at += piece.length) writeSync(fd, piece);
  closeSync(fd);
  rmSync(file);
}

const seconds = async (work) => {
  const began = process.hrtime.bigint();
  const result = await work();
  return [Number(process.hrtime.bigint() - began) / 1e9, result];
};
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

try {
  const folder = join(parent, 'F');
  writeModel(folder);
  execFileSync('sync');
  const files = await fileModelFolder(folder);
  const sourceBytes = execFileSync('du', ['-sb', folder]).toString().split('\t')[0];
  const digests = await tensorDigests(await openModel(files));
  await files.close();
  console.log(`source ${(sourceBytes / 1e9).toFixed(2)} GB in ${SHARDS} shards, ${depth} layers`);
  const speeds = { cp: [], exported: [], hashed: [] };
  const rssBefore = process.memoryUsage().rss;
  let rssPeak = rssBefore;
  const watch = setInterval(() => {
    rssPeak = Math.max(rssPeak, process.memoryUsage().rss);
  }, 20);
  for (let round = 0; round < rounds; round += 1) {
    const G = join(parent, 'G');
    const copy = () => execFileSync('sh', ['-c', 'cp -r "$1" "$2" && sync "$2"/*', 'sh', folder, G]);
    touchMemory(1.1 * sourceBytes);
    const [cp] = await seconds(copy);
    rmSync(G, { recursive: true });
    touchMemory(1.1 * sourceBytes);
    const [exported, bytes] = await seconds(() => exportOnce(folder, G, digests));
    rmSync(G, { recursive: true });
    touchMemory(1.1 * sourceBytes);
    const [hashed] = await seconds(() => exportOnce(folder, G, undefined));
    rmSync(G, { recursive: true });
    speeds.cp.push(sourceBytes / cp / 1e9);
    speeds.exported.push(bytes / exported / 1e9);
    speeds.hashed.push(bytes / hashed / 1e9);
    const shown = `cp+sync ${cp.toFixed(2)} s, publish ${exported.toFixed(2)} s, publish and digest ${hashed.toFixed(2)} s`;
    console.log(`round ${round + 1}: ${shown}`);
  }
  clearInterval(watch);
  const cp = median(speeds.cp);
  const line = (name, values) =>
    `${name}: ${median(values).toFixed(2)} GB/s, ratio ${(median(values) / cp).toFixed(2)}`;
  console.log(`cp+sync: ${cp.toFixed(2)} GB/s`);
  console.log(line('publish, digests of the model known', speeds.exported));
  console.log(line('publish, weights hashed twice', speeds.hashed));
  console.log(`RSS growth ${((rssPeak - rssBefore) / 1e6).toFixed(0)} MB`);
} finally {
  rmSync(parent, { recursive: true, force: true });
}
