import { readFile } from 'node:fs/promises';
import { MAX_COMPANION_BYTES, parseJsonObject, readSmallFile } from '@swm/core/checkpoint';
import { CodedError } from '@swm/core/errors';
import { BUILTIN_CALIBRATION_FILE } from '@swm/eval';
import type { LaunchRequest } from '../db/launch-request.js';
import { tokenIdsSha256 } from './calibration-samples.js';
import { fileModelFolder } from './checkpoint-files.js';
import { drawTokenIds } from './tokenizer-host.js';

/** `CALIBRATION.FILE_INVALID`: the file is not JSON Lines with a `text` on each line. */
const fileInvalid = (line: number, cause?: unknown): CodedError =>
  new CodedError({
    code: 'CALIBRATION.FILE_INVALID',
    message: `Line ${line} of the calibration file is not a JSON object with a text.`,
    fix: 'Give JSON Lines, one object a line, each with a "text".',
    cause,
  });

/** `CALIBRATION.NO_BOS`: asked for, but the model has none. */
const noBos = (): CodedError =>
  new CodedError({
    code: 'CALIBRATION.NO_BOS',
    message: 'The model has no beginning-of-sequence token, but the launch asks for one before each sample.',
    fix: 'Set calibration.addBos to false.',
  });

function readDocuments(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim());
  return lines.map((line, index) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw fileInvalid(index + 1, error);
    }
    if (typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string')
      return value.text;
    throw fileInvalid(index + 1);
  });
}

/** The tokenizer's files as text, and the id of the BOS token from config.json: read as hostile input, from inside the folder alone. */
async function readTokenizer(path: string) {
  const folder = await fileModelFolder(path);
  try {
    const present = new Set(await folder.list());
    const text = async (name: string) =>
      present.has(name) ? new TextDecoder().decode(await readSmallFile(folder, name, MAX_COMPANION_BYTES)) : '{}';
    const config = parseJsonObject(await readSmallFile(folder, 'config.json', MAX_COMPANION_BYTES), 'config.json');
    const { bos_token_id: bosId } = config;
    return { tokenizer: await text('tokenizer.json'), tokenizerConfig: await text('tokenizer_config.json'), bosId };
  } finally {
    await folder.close();
  }
}

/** The token ids that plans are measured on, and what names them. */
export interface CalibrationMatrix {
  /** Of `tokenIds`: what "the same calibration" means. */
  readonly sha256: string;
  /** [B][T] */
  readonly tokenIds: readonly (readonly number[])[];
}

/**
 * Draws the calibration matrix with the tokenizer in the model's folder, without special tokens, in a thread that the signal ends.
 * Throws `CALIBRATION.*`, what a bad model folder throws, or the signal's reason.
 */
export async function drawCalibration(
  { source, file, samples, tokens, seed, addBos }: LaunchRequest['calibration'],
  modelFolder: string,
  signal: AbortSignal,
): Promise<CalibrationMatrix> {
  const path = source === 'FILE' && file !== undefined ? file : BUILTIN_CALIBRATION_FILE;
  const documents = readDocuments(await readFile(path, 'utf8'));
  const { tokenizer, tokenizerConfig, bosId } = await readTokenizer(modelFolder);
  if (addBos && typeof bosId !== 'number') throw noBos();
  const bos = addBos && typeof bosId === 'number' ? bosId : undefined;
  const data = { tokenizer, tokenizerConfig, documents, samples, tokens, seed, bosId: bos };
  const tokenIds = await drawTokenIds(data, signal);
  return { sha256: tokenIdsSha256(tokenIds), tokenIds };
}
