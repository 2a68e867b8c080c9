import { meanInterval } from '@swm/eval/scoreboard';
import type { LeaderboardRow as Row } from '../../services/standings.js';
import { loadProofView } from '../checkpoint/load-proof-view.js';
import { latencyView } from '../latency/latency-view.js';
import { methodSelection } from '../method/method-view.js';
import { perplexityView } from '../perplexity/perplexity-view.js';
import { planView } from '../plan/plan-view.js';
import { scoreViews } from '../score/score-view.js';
import type { LeaderboardRow } from './leaderboard.type.js';

/** A row of the board as the API shows it. */
export function leaderboardRowView({ entry, figures, informative, ...standing }: Row): LeaderboardRow {
  const { planId, modelId: _model, teamId: _team, methodName: _method, latencyMsMean: _mean, ...columns } = entry;
  const plan = planView(planId, figures.plan);
  const interval = meanInterval(entry.mean, entry.meanStderr);
  return {
    ...columns,
    ...standing,
    method: methodSelection(figures.method),
    plan,
    sourceDepth: plan.sourceDepth,
    meanIntervalLow: interval.low,
    meanIntervalHigh: interval.high,
    scores: scoreViews(figures.scores, informative),
    perplexities: figures.perplexities.map(perplexityView),
    latency: figures.latency && latencyView(figures.latency),
    engine: figures.engine,
    loadProof: figures.loadProof && loadProofView(figures.loadProof),
  };
}
