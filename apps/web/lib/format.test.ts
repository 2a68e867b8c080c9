import { describe, expect, it } from 'vitest';
import { bytes, digest, duration, MISSING, milliseconds, moment, parameters, percent, points } from './format';

describe('format', () => {
  it.each([
    [percent(0.4567), '45.7'],
    [percent(0), '0.0'],
    [points(-0.0214), '−2.1'],
    [points(0.0214), '+2.1'],
    [points(0.0001), '±0.0'],
    [milliseconds(1234.5), '1,235'],
    [parameters('134515008'), '134.5 M'],
    [parameters('6738415616'), '6.74 B'],
    [parameters('0'), '0'],
    [bytes('269030016'), '269 MB'],
    [duration(75_000), '1 min 15 s'],
    [duration(120), '120 ms'],
    [digest('0123456789abcdef'), '0123456789ab'],
    [moment('2026-11-24T15:04:05.000Z'), '2026-11-24 15:04 UTC'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });

  it('shows what is missing as missing, never as zero', () => {
    for (const shown of [
      percent(null),
      percent(Number.NaN),
      points(undefined),
      milliseconds(null),
      parameters(null),
      parameters(''),
      bytes(''),
      duration(null),
      moment(null),
      digest(null),
    ]) {
      expect(shown).toBe(MISSING);
    }
  });
});
