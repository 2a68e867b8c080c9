import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { CodedError } from '@swm/core/errors';
import { BUILTIN_CALIBRATION_FILE } from '@swm/eval';
import type { LaunchRequest } from '../db/launch-request.js';
import { drawSamples, tokenIdsSha256 } from './calibration-samples.js';

/** `CALIBRATION.FILE_INVALID`: the file is not JSON Lines with a `text` on each line. */
const fileInvalid = (line: number, cause?: unknown): CodedError =>
  new CodedError({
    code: 'CALIBRATION.FILE_INVALID',
    message: `Line ${line} of the calibration file is not a JSON object with a text.`,
    fix: 'Give JSON Lines, one object a line, each with a "text".',
    cause,
  });

/** `CALIBRATION.TOKENIZER_UNSUPPORTED`: tokenizer.json cannot be used here. */
const tokenizerUnsupported = (cause: unknown): CodedError =>
  new CodedError({
    code: 'CALIBRATION.TOKENIZER_UNSUPPORTED',
    message: `The model’s tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : 'unknown reason'}`,
    fix: 'Save the tokenizer again with a current version of transformers (tokenizer.save_pretrained).',
    cause,
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

async function loadTokenizer(folder: string): Promise<Tokenizer> {
  try {
    const [tokenizer, config] = await Promise.all(
      ['tokenizer.json', 'tokenizer_config.json'].map((name) => readFile(join(folder, name), 'utf8').catch(() => '{}')),
    );
    return new Tokenizer(JSON.parse(tokenizer ?? '{}'), JSON.parse(config ?? '{}'));
  } catch (error) {
    throw tokenizerUnsupported(error);
  }
}

/** The id of the model's BOS token, from config.json. */
async function readBosId(folder: string): Promise<number> {
  const config: { bos_token_id?: unknown } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  if (typeof config.bos_token_id === 'number') return config.bos_token_id;
  throw tokenizerUnsupported(new Error('the model has no BOS token, but addBos was asked for'));
}

/** The token ids that plans are measured on, and what names them. */
export interface CalibrationMatrix {
  /** Of `tokenIds`: what "the same calibration" means. */
  readonly sha256: string;
  /** [B][T] */
  readonly tokenIds: readonly (readonly number[])[];
}

/** Draws the calibration matrix with the tokenizer in the model's folder, without special tokens. Throws `CALIBRATION.*`. */
export async function drawCalibration(
  { source, file, samples, tokens, seed, addBos }: LaunchRequest['calibration'],
  modelFolder: string,
): Promise<CalibrationMatrix> {
  const path = source === 'FILE' && file !== undefined ? file : BUILTIN_CALIBRATION_FILE;
  const documents = readDocuments(await readFile(path, 'utf8'));
  const tokenizer = await loadTokenizer(modelFolder);
  const encode = (text: string): readonly number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const bosId = addBos ? await readBosId(modelFolder) : undefined;
  const tokenIds = drawSamples({ documents, encode, samples, tokens, seed, bosId });
  return { sha256: tokenIdsSha256(tokenIds), tokenIds };
}
