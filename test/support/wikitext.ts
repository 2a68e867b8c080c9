import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './stack.js';

/** Writes the built-in documents in the shape of WikiText-2's raw files: headings between equals signs, blank lines that hold a blank. */
export function writeWikiText(file: string): string {
  const lines = readFileSync(join(REPOSITORY, 'packages/eval/tasks/calibration/builtin.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const documents = lines.map((line): { title: string; text: string } => JSON.parse(line));
  writeFileSync(file, documents.map(({ title, text }) => ` \n = ${title} = \n \n ${text} \n`).join(''));
  return file;
}
