import { expect, it } from 'vitest';
import { redact } from './redact.js';

it.each([
  ['using hf_abcdefghijkl now, password: hunter2', 'using hf_… now, password: …'],
  ['Authorization: Bearer abc.def-123', 'Authorization: Bearer …'],
  ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic …'],
  ['{"token": "abc", "n": 3}', '{"token": "…", "n": 3}'],
  ['HF_TOKEN=abc', 'HF_TOKEN=…'],
  ['OPENAI_API_KEY=sk-abcdefgh12345', 'OPENAI_API_KEY=…'],
  ['fetching https://me:secret@host/x', 'fetching https://…@host/x'],
  ['Building contexts for boolq_local on rank 0...', 'Building contexts for boolq_local on rank 0...'],
  ["{'add_bos_token': False, 'hf_token': 'Falsehood'}", "{'add_bos_token': False, 'hf_token': '…'}"],
  ['128 tokens: 40 ms', '128 tokens: 40 ms'],
])('%s', (line, expected) => {
  expect(redact(line)).toBe(expected);
});
