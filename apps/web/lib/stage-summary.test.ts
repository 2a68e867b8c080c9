import { describe, expect, it } from 'vitest';
import { runningStage } from './stage-summary';

const stage = (name: string, state: string, progress = {}) => ({
  name,
  state,
  progress: { done: 3, total: 12, unit: 'requests', secondsLeft: 74, note: 'scoring', ...progress },
});

describe('runningStage', () => {
  it('says what runs, how far it is and how long it takes', () => {
    const stages = [stage('CALIBRATE', 'DONE'), stage('SEARCH_PLAN', 'RUNNING'), stage('PUBLISH', 'SKIPPED')];
    expect(runningStage(stages)).toEqual({
      name: 'search plan',
      position: 2,
      count: 2,
      share: 0.25,
      detail: '3 of 12 requests · scoring · about 1 min 14 s left',
    });
  });

  it('knows no share without a total, and makes up no time', () => {
    const running = runningStage([stage('EVALUATE', 'RUNNING', { total: null, secondsLeft: null, note: null })]);
    expect(running).toMatchObject({ share: null, detail: '3 requests' });
  });

  it('has nothing to say when nothing runs', () => {
    expect(runningStage([stage('EVALUATE', 'DONE')])).toBeNull();
  });
});
