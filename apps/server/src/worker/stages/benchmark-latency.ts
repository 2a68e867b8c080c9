import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { cpus, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { LATENCY_RUNS, measureLatency } from '@swm/eval';
import type { Stage } from '../stage.js';
import { runIdOf, type StageTools } from '../stage-tools.js';
import { needWhole } from '../verified-checkpoint.js';

/** What a latency depends on beside the model; its hash keeps the figures of different machines apart. */
function thisMachine(threads: number) {
  const processors = cpus();
  return {
    host: hostname(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    threads,
  };
}

/** Times generation. Nothing else of this worker runs meanwhile: it handles one experiment at a time. */
export function benchmarkLatency(tools: StageTools): Stage<'benchmark-latency'> {
  return {
    name: 'benchmark-latency',
    run: async (context) => {
      const { request, output, known, signal } = context;
      const protocol = request.latency;
      if (protocol === 'NONE') throw new Error('benchmark-latency runs only where a launch asks for it');
      const machine = thisMachine(tools.threads);
      const machineId = createHash('sha256').update(JSON.stringify(machine)).digest('hex');
      const checkpoint = output('export-checkpoint');
      const before = await known.latency(checkpoint.weightsDigest, machineId, protocol);
      if (before) return { kind: 'done', output: { ...before, wasReused: true } };
      await needWhole(context.folder, checkpoint, context.model.name);
      context.progress({ done: 0, total: LATENCY_RUNS[protocol], unit: 'runs', note: 'loading the model' });
      const measured = await measureLatency({
        python: tools.python,
        modelFolder: checkpoint.folder,
        protocol,
        runId: runIdOf(tools, context.experimentId),
        threads: tools.threads,
        signal,
        onProgress: (done, total) => context.progress({ done, total, unit: 'runs' }),
        onLine: (line) => context.log(line),
      });
      await writeFile(
        join(context.folder, 'latency.json'),
        `${JSON.stringify({ protocol, machine, ...measured }, null, 2)}\n`,
      );
      const { samplesMs, promptTokens, newTokens, device, dtype, torch, transformers } = measured;
      context.emit({ kind: 'latency', data: { protocol, samplesMs } });
      return {
        kind: 'done',
        output: {
          protocol,
          machineId,
          machine: { ...machine, device, dtype, torch, transformers },
          samplesMs,
          promptTokens,
          newTokens,
          wasReused: false,
        },
      };
    },
  };
}
