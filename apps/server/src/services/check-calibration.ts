import { needsBos } from '@swm/core/checkpoint';
import { type LaunchRequest, launchRequestSchema } from '../db/launch-request.js';
import { bad, type Check, errorsOf, wrong } from './check.js';
import type { LaunchEnvironment } from './launch-environment.js';
import type { LaunchInput } from './launch-input.js';
import type { UserError } from './user-error.js';

/** Whether samples begin with BOS: as asked for, else as the family needs it. */
function checkBos({ addBos }: LaunchInput['calibration'], architecture: string): Check<boolean> {
  if (addBos !== false || !needsBos(architecture)) return { value: addBos ?? needsBos(architecture) };
  return bad(
    wrong(
      'CALIBRATION.BOS_NEEDED',
      ['calibration', 'addBos'],
      'Models of this family compute nothing sensible on texts without a BOS token.',
      'Leave addBos out, or set it to true.',
    ),
  );
}

/** What plans are measured on, the family's need of BOS filled in. `architecture` is empty where the model is not known. */
export function checkCalibration(
  calibration: LaunchInput['calibration'],
  architecture: string,
  environment: LaunchEnvironment,
): Check<LaunchRequest['calibration']> {
  const errors: UserError[] = [];
  const { source, file } = calibration;
  if (source !== 'BUILTIN' && source !== 'FILE')
    errors.push(
      wrong(
        'CALIBRATION.SOURCE_UNAVAILABLE',
        ['calibration', 'source'],
        `Calibration text ${source} is not there yet.`,
        'Use BUILTIN, or FILE with a JSON Lines file of yours (one object a line, with "text").',
      ),
    );
  if (source === 'FILE' ? file === null || !environment.isFile(file) : file !== null)
    errors.push(
      wrong(
        'CALIBRATION.FILE_INVALID',
        ['calibration', 'file'],
        source === 'FILE' ? 'The calibration file is not there.' : 'A calibration file is read for source FILE alone.',
        source === 'FILE'
          ? 'Give the absolute path of a file on the server’s machine.'
          : 'Set source: FILE, or leave the file out.',
      ),
    );
  for (const [field, low, high] of [
    ['samples', 1, 1024],
    ['tokens', 8, 4096],
    ['seed', 0, 2 ** 31 - 1],
  ] as const)
    if (calibration[field] < low || calibration[field] > high)
      errors.push(
        wrong(
          'CALIBRATION.OUT_OF_RANGE',
          ['calibration', field],
          `calibration.${field} is ${calibration[field]}.`,
          `Give a whole number from ${low} to ${high}.`,
        ),
      );
  const bos = checkBos(calibration, architecture);
  errors.push(...errorsOf(bos));
  if (errors.length > 0 || 'errors' in bos) return { errors };
  const { file: _, ...rest } = calibration;
  const asked = { ...rest, addBos: bos.value, ...(file === null ? {} : { file }) };
  return { value: launchRequestSchema.shape.calibration.parse(asked) };
}
