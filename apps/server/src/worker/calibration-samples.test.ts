import { describe, expect, it } from 'vitest';
import { drawSamples, tokenIdsSha256 } from './calibration-samples.js';

const documents = Array.from({ length: 12 }, (_, index) => String(index).repeat(10 + index));
const encode = (text: string) => [...text].map((character) => character.charCodeAt(0));
const draw = (extra: Partial<Parameters<typeof drawSamples>[0]> = {}) =>
  drawSamples({ documents, encode, samples: 5, tokens: 8, seed: 1234, ...extra });

describe('drawSamples', () => {
  it('gives windows of one length, each document at most once, the same for the same seed', () => {
    const drawn = draw();
    expect(drawn.map((row) => row.length)).toEqual([8, 8, 8, 8, 8]);
    expect(draw()).toEqual(drawn);
    expect(draw({ seed: 1 })).not.toEqual(drawn);
    expect(tokenIdsSha256(draw())).toBe(tokenIdsSha256(drawn));
  });

  it('puts BOS before each window and keeps its length', () => {
    const rows = draw({ bosId: 7 });
    expect(rows.every((row) => row.length === 8 && row[0] === 7)).toBe(true);
    expect(rows.map((row) => row.slice(1))).toEqual(draw().map((row) => row.slice(0, -1)));
  });

  it('says how many documents are long enough', () => {
    expect(() => draw({ tokens: 21, samples: 9 })).toThrow(expect.objectContaining({ code: 'CALIBRATION.TOO_FEW' }));
  });
});
