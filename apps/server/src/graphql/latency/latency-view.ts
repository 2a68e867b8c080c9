import { summarizeLatency } from '@swm/eval/scoreboard';
import type { LatencyType } from './latency.type.js';

interface StoredLatency {
  readonly protocol: 'QUICK' | 'PAPER';
  readonly samplesMs: readonly number[];
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly machine: Readonly<Record<string, unknown>>;
}

/** Processor, cores and libraries; the host's name stays inside. */
function describeMachine(machine: StoredLatency['machine']): string {
  const { gpu, cpu, cores, torch, transformers, dtype } = machine;
  const part = (value: unknown, text: (shown: string) => string): string[] =>
    typeof value === 'string' || typeof value === 'number' ? [text(String(value))] : [];
  const processor = gpu
    ? part(gpu, (name) => name)
    : [...part(cpu, (name) => name), ...part(cores, (n) => `${n} cores`)];
  const libraries = [...part(torch, (v) => `torch ${v}`), ...part(transformers, (v) => `transformers ${v}`)];
  return [...processor, ...libraries, ...part(dtype, (name) => name)].join(' · ');
}

/** Stored samples with what they say; null without samples. */
export function latencyView({ machine, ...latency }: StoredLatency): LatencyType | null {
  const summary = summarizeLatency(latency.samplesMs, latency.newTokens);
  return summary && { ...latency, ...summary, machine: describeMachine(machine) };
}
