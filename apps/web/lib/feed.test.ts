import { describe, expect, it } from 'vitest';
import { EMPTY_FEED, foldEvents } from './feed';

const event = (seq: number, kind: string, data: unknown) => ({ seq, kind, data: JSON.stringify(data) });

describe('foldEvents', () => {
  it('keeps log lines in order and counts nothing twice', () => {
    const first = foldEvents(EMPTY_FEED, [event(1, 'log', { line: 'a' }), event(2, 'candidate', {})]);
    const again = foldEvents(first, [event(2, 'candidate', {}), event(3, 'log', { line: 'b' })]);
    expect(foldEvents(again, [event(1, 'log', { line: 'a' })])).toEqual({ lastSeq: 3, log: ['a', 'b'], processes: [] });
  });

  it('keeps the newest lines only', () => {
    const feed = foldEvents(
      EMPTY_FEED,
      Array.from({ length: 300 }, (_, index) => event(index + 1, 'log', { line: String(index) })),
    );
    expect([feed.log.length, feed.log[0], feed.log.at(-1)]).toEqual([200, '100', '299']);
  });

  it('joins the start and the end of a process, and keeps each of two runs', () => {
    const argv = ['python', '-m', 'lm_eval'];
    const started = foldEvents(EMPTY_FEED, [event(1, 'process', { pid: 7, argv })]);
    expect(started.processes).toEqual([{ pid: 7, argv, exitCode: null, resultsSha256: null }]);
    const ended = foldEvents(started, [event(2, 'process', { pid: 7, argv, exitCode: 0, resultsSha256: 'ab' })]);
    expect(ended.processes).toEqual([{ pid: 7, argv, exitCode: 0, resultsSha256: 'ab' }]);
    expect(foldEvents(ended, [event(3, 'process', { pid: 8, argv })]).processes).toHaveLength(2);
  });
});
