import { measurePerplexity } from '@swm/eval';
import type { LocatedProtocol } from './locate-protocol.js';
import type { PerplexityRecord, StageContext } from './stage.js';
import { runIdOf, type StageTools } from './stage-tools.js';

/** Measures those perplexities of a protocol that are missing, one process each. Throws what `measurePerplexity` throws. */
export async function measurePerplexities(
  context: StageContext,
  tools: StageTools,
  { protocol, textFiles }: LocatedProtocol,
  missing: readonly string[],
): Promise<readonly PerplexityRecord[]> {
  const measured: PerplexityRecord[] = [];
  for (const asked of (protocol.perplexity ?? []).filter(({ task }) => missing.includes(task))) {
    const textFile = textFiles[asked.task];
    if (textFile === undefined) throw new Error(`the file of ${asked.task} was not located`);
    const { value, losses, device, torch, transformers } = await measurePerplexity({
      ...{ protocol: asked, textFile, python: tools.python, threads: tools.threads, signal: context.signal },
      modelFolder: context.output('export-checkpoint').folder,
      runId: runIdOf(tools, context.experimentId),
      onProgress: (done, total) => context.progress({ done, total, unit: 'segments', note: asked.task }),
      onLine: (line) => context.log(line),
    });
    const { task: text, metric, segmentTokens } = asked;
    context.emit({ kind: 'score', data: { task: text, metric, value, stderr: null, n: losses.length } });
    const segmentLosses = new Uint8Array(Float32Array.from(losses).buffer);
    measured.push({ text, metric, value, segmentTokens, segmentLosses, device, torch, transformers });
  }
  return measured;
}
