import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '@swm/core/errors';
import { requestedTasks } from '@swm/eval';
import { meanScore } from '@swm/eval/scoreboard';
import type { Stage } from '../stage.js';

/** `SCORE.INCOMPLETE`: a task of the protocol has no score. */
const incomplete = (): CodedError =>
  new CodedError({
    code: 'SCORE.INCOMPLETE',
    message: 'The experiment cannot be published: the score of a task is missing.',
    fix: 'Launch it again; a row is published whole or not at all.',
  });

/** Puts the row on the board: only finite and complete. The row itself is derived in the transaction that closes this stage. */
export function publish(): Stage<'publish'> {
  return {
    name: 'publish',
    run: async ({ experimentId, request, model, output, folder }) => {
      const { scores } = output('evaluate');
      const tasks = requestedTasks(request.protocol);
      const headline = tasks.flatMap(({ name, headline: metric }) =>
        scores.filter((score) => score.task === name && score.metric === metric),
      );
      const mean = meanScore(
        headline,
        tasks.map(({ name }) => name),
      );
      if (!mean) throw incomplete();
      const manifest = {
        experimentId,
        request,
        model: {
          name: model.name,
          source: model.source,
          provenance: model.provenance,
          revision: output('resolve-model').revision,
        },
        calibrationSha256: output('calibrate').sha256,
        plan: output('search-plan'),
        checkpoint: output('export-checkpoint'),
        evaluation: output('evaluate'),
      };
      await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      return { kind: 'done', output: { mean: mean.mean, meanStderr: mean.stderr } };
    },
  };
}
