import { launchMutation } from '@swm/client';
import type { Experiment } from '../../lib/api';
import type { ProcessEvidence } from '../../lib/feed';
import { bytes, parameters, percent } from '../../lib/format';
import { CopyButton } from '../ui/copy-button';
import { Code, Facts, Panel } from '../ui/panel';
import { ScrollRegion } from '../ui/scroll-region';

interface Props {
  readonly experiment: Experiment;
}

/** What computed the similarities, and why not something faster. */
export function EngineFacts({ experiment: { engine, layerForwards } }: Props) {
  if (!engine) return null;
  const facts: [string, string][] = [
    ['engine', `${engine.name}, backend ${engine.backend}`],
    ['package', engine.package],
    ['device', `${engine.device}${engine.deviceName ? ` (${engine.deviceName})` : ''}, ${engine.dtype}`],
    ...(typeof layerForwards === 'number' ? [['cost', `${layerForwards} layer forwards`] as [string, string]] : []),
    ...(engine.fallbackReason ? [['fallback', engine.fallbackReason] as [string, string]] : []),
  ];
  return (
    <Panel title="Engine">
      <Facts facts={facts} />
    </Panel>
  );
}

export function CalibrationFacts({ experiment: { calibration } }: Props) {
  if (!calibration) return null;
  const { source, samples, tokens, seed, addBos, sha256 } = calibration;
  return (
    <Panel title="Calibration">
      <Facts
        facts={[
          ['source', source.toLowerCase()],
          ['samples', `${samples} × ${tokens} tokens, seed ${seed}, ${addBos ? 'BOS' : 'no BOS'}`],
          ['sha256', <Code key="sha256">{sha256}</Code>],
        ]}
      />
    </Panel>
  );
}

export function CheckpointFacts({ experiment: { checkpoint } }: Props) {
  if (!checkpoint) return null;
  const { parameterCount, removedRatio, sizeBytes, weightsDigest, path } = checkpoint;
  return (
    <Panel title="Checkpoint">
      <Facts
        facts={[
          ['parameters', `${parameters(parameterCount)}, ${percent(removedRatio)} % removed`],
          ['weights', bytes(sizeBytes)],
          ['digest', <Code key="digest">{weightsDigest}</Code>],
          ['folder', <Code key="folder">{path}</Code>],
        ]}
      />
    </Panel>
  );
}

/** The lm-eval processes as they ran. */
export function Evidence({ processes }: { readonly processes: readonly ProcessEvidence[] }) {
  if (processes.length === 0) return null;
  return (
    <Panel title="Evidence" note="lm-eval as it ran">
      <div className="space-y-3">
        {processes.map(({ pid, exitCode, resultsSha256, argv }) => (
          <Facts
            key={`${pid} ${resultsSha256}`}
            facts={[
              ['pid', String(pid)],
              ['exit code', exitCode === null ? 'none yet' : String(exitCode)],
              ...(resultsSha256 ? [['results', <Code key="results">{resultsSha256}</Code>] as const] : []),
              ['argv', <Code key="argv">{argv.join(' ')}</Code>],
            ]}
          />
        ))}
      </div>
    </Panel>
  );
}

/** The mutation that asks for the same again, defaults written out. */
export function Reproduce({ experiment: { requestJson, id } }: Props) {
  const mutation = launchMutation(requestJson);
  return (
    <Panel title="Reproduce" action={<CopyButton text={mutation} label="Copy mutation" />}>
      <ScrollRegion label="GraphQL mutation" className="max-h-80">
        <pre className="text-xs leading-5">{mutation}</pre>
      </ScrollRegion>
      <p className="mt-2 text-xs text-quiet">
        experiment <Code>{id}</Code>
      </p>
    </Panel>
  );
}
