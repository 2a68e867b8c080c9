import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawCalibration } from '../calibration-matrix.js';
import type { Stage } from '../stage.js';

/** Draws the calibration matrix of the experiment; the file calibration.json keeps it. */
export function calibrate(): Stage<'calibrate'> {
  return {
    name: 'calibrate',
    run: async ({ request, output, folder, signal }) => {
      const { file: _, ...asked } = request.calibration;
      const { sha256, tokenIds } = await drawCalibration(request.calibration, output('resolve-model').folder, signal);
      await writeFile(join(folder, 'calibration.json'), `${JSON.stringify({ sha256, ...asked, tokenIds })}\n`);
      const { samples, tokens } = asked;
      return { kind: 'done', output: { sha256, samples, tokens, tokenIds: tokenIds.map((row) => [...row]) } };
    },
  };
}
