import { enumNameOf } from '@swm/core/method';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import {
  type ExperimentService,
  engineOf,
  methodOf,
  progressOf,
  requestOf,
  stageOutput,
} from '../../services/experiment-service.js';
import type { LaunchService } from '../../services/launch-service.js';
import { type ResultKey, type ResultService, removedRatioOf } from '../../services/result-service.js';
import { rowOf } from '../../services/standings.js';
import type { Calibration } from '../calibration/calibration.type.js';
import type { CheckpointType } from '../checkpoint/checkpoint.type.js';
import { toConnection } from '../connection.type.js';
import type { ApiContext } from '../context.js';
import type { EngineInfoType } from '../engine/engine.type.js';
import type { LatencyType } from '../latency/latency.type.js';
import { latencyView } from '../latency/latency-view.js';
import type { LeaderboardRow } from '../leaderboard/leaderboard.type.js';
import { leaderboardRowView } from '../leaderboard/leaderboard-view.js';
import type { MethodSelection } from '../method/method.type.js';
import { methodSelection } from '../method/method-view.js';
import type { ModelType } from '../model/model.type.js';
import type { PlanType } from '../plan/plan.type.js';
import { planView } from '../plan/plan-view.js';
import type { ProtocolType } from '../protocol/protocol.type.js';
import { protocolView } from '../protocol/protocol-view.js';
import type { ScoreType } from '../score/score.type.js';
import { scoreViews } from '../score/score-view.js';
import { CancelExperimentInput, ExperimentFilter, LaunchExperimentInput } from './experiment.input.js';
import {
  CancelExperimentPayload,
  type EventConnection,
  ExperimentConnection,
  ExperimentType,
  LaunchExperimentPayload,
  type SearchTrace,
  type StageType,
  type StoredExperiment,
} from './experiment.type.js';
import { eventView, experimentView, stageView } from './experiment-view.js';
import { launchInputOf } from './launch-view.js';

/** What results are looked up by. */
async function resultKey({ stored }: ExperimentType, { loaders }: ApiContext): Promise<ResultKey> {
  const [stages, checkpoint] = await Promise.all([
    loaders.stages.load(stored.id),
    stored.checkpointId === null ? null : loaders.checkpoint.load(stored.checkpointId),
  ]);
  return { experiment: stored, stages, checkpoint };
}

/** A row of the experiment's group with its place in it: its own, or the dense one. */
async function rowOfGroup(
  { id, modelId, protocolId }: StoredExperiment,
  { loaders }: ApiContext,
  which: 'own' | 'dense',
): Promise<LeaderboardRow | null> {
  if (protocolId === null) return null;
  const standings = await loaders.standings.load({ modelId, protocolId });
  const wanted = which === 'own' ? id : (standings.dense?.experimentId ?? null);
  const entry = wanted === null ? null : await loaders.entry.load(wanted);
  const row = entry && rowOf(entry, standings);
  return row && leaderboardRowView(row);
}

@Resolver(() => ExperimentType)
export class ExperimentResolver {
  constructor(
    private readonly experiments: ExperimentService,
    private readonly launches: LaunchService,
    private readonly results: ResultService,
  ) {}

  @Query(() => ExperimentType, {
    name: 'experiment',
    nullable: true,
    description: 'An experiment by id; null when there is none.',
  })
  async getExperiment(
    @Ctx() { scope }: ApiContext,
    @Arg('id', () => ID, { description: 'The experiment’s id.' }) id: string,
  ): Promise<ExperimentType | null> {
    const experiment = await this.experiments.get(scope, id);
    return experiment && experimentView(experiment);
  }

  @Query(() => ExperimentConnection, { name: 'experiments', description: 'The team’s experiments, newest first.' })
  async listExperiments(
    @Ctx() { scope }: ApiContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'Rows a page, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'endCursor of the page before.' }) after: string | null,
    @Arg('filter', () => ExperimentFilter, { nullable: true, description: 'Which ones.' })
    filter: ExperimentFilter | null,
  ): Promise<ExperimentConnection> {
    const { modelId, state, methodName } = filter ?? {};
    const wanted = { modelId: modelId ?? null, state: state ?? null, methodName: methodName ?? null };
    return toConnection(await this.experiments.list(scope, { first, after: after ?? null }, wanted), experimentView);
  }

  @Mutation(() => LaunchExperimentPayload, {
    description: 'Launches an experiment, or returns the equal one that is queued, running or done.',
  })
  async launchExperiment(
    @Ctx() { scope }: ApiContext,
    @Arg('input', () => LaunchExperimentInput, { description: 'What to launch.' }) input: LaunchExperimentInput,
  ): Promise<LaunchExperimentPayload> {
    const { experiment, ...outcome } = await this.launches.launch(scope, launchInputOf(input));
    return { ...outcome, experiment: experiment && experimentView(experiment) };
  }

  @Mutation(() => CancelExperimentPayload, {
    description: 'Cancels an experiment; harmless when it is over or being cancelled.',
  })
  async cancelExperiment(
    @Ctx() { scope }: ApiContext,
    @Arg('input', () => CancelExperimentInput, { description: 'Which one.' }) { id }: CancelExperimentInput,
  ): Promise<CancelExperimentPayload> {
    const { experiment, userErrors } = await this.experiments.cancel(scope, id);
    return { userErrors, experiment: experiment && experimentView(experiment) };
  }

  @FieldResolver()
  async model(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<ModelType> {
    const model = await loaders.model.load(stored.modelId);
    if (!model) throw new Error('an experiment without its model');
    return model;
  }

  @FieldResolver()
  async method(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<MethodSelection> {
    return methodSelection(methodOf(stored, await loaders.stages.load(stored.id)));
  }

  @FieldResolver()
  async protocol(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<ProtocolType | null> {
    const protocol = stored.protocolId === null ? null : await loaders.protocol.load(stored.protocolId);
    return protocol && protocolView(protocol);
  }

  @FieldResolver()
  async stages(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<StageType[]> {
    const stages = await loaders.stages.load(stored.id);
    return stages.map((stage) => stageView(stage, progressOf(stage)));
  }

  @FieldResolver()
  async events(
    @Root() { id }: ExperimentType,
    @Ctx() { scope }: ApiContext,
    @Arg('after', () => Int, { defaultValue: 0, description: 'Events with a greater sequence number.' }) after: number,
    @Arg('first', () => Int, { defaultValue: 100, description: 'Events a page, 1 to 100.' }) first: number,
  ): Promise<EventConnection> {
    const { nodes, hasNextPage } = await this.experiments.events(scope, id, { after, first });
    return {
      nodes: nodes.map(eventView),
      lastSeq: nodes.at(-1)?.seq ?? after,
      hasNextPage,
    };
  }

  @FieldResolver()
  async searchTrace(
    @Root() { stored }: ExperimentType,
    @Ctx() { scope, loaders }: ApiContext,
  ): Promise<SearchTrace | null> {
    const candidates = await this.experiments.candidates(scope, stored.id);
    if (candidates.length === 0) return null;
    const { threshold } = methodOf(stored, await loaders.stages.load(stored.id));
    return {
      threshold,
      candidates: candidates.map(({ quantity, ...rest }) => ({ ...rest, quantity: enumNameOf(quantity) })),
    };
  }

  @FieldResolver()
  async plan(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<PlanType | null> {
    const plan = stored.planId === null ? null : await loaders.plan.load(stored.planId);
    return plan && planView(plan.id, plan.json);
  }

  @FieldResolver()
  async calibration(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<Calibration | null> {
    const output = stageOutput(await loaders.stages.load(stored.id), 'calibrate');
    const { source, seed, addBos } = requestOf(stored).calibration;
    return output && { ...output, source, seed, addBos };
  }

  @FieldResolver()
  async checkpoint(@Root() { stored }: ExperimentType, @Ctx() { loaders }: ApiContext): Promise<CheckpointType | null> {
    if (stored.checkpointId === null) return null;
    const [checkpoint, model] = await Promise.all([
      loaders.checkpoint.load(stored.checkpointId),
      loaders.model.load(stored.modelId),
    ]);
    if (!checkpoint || !model) return null;
    const { folder, weightsDigest, sizeBytes, parameterCount } = checkpoint;
    return {
      ...{ path: folder, weightsDigest, sizeBytes, parameterCount },
      removedRatio: removedRatioOf(model, checkpoint),
    };
  }

  @FieldResolver()
  async scores(@Root() experiment: ExperimentType, @Ctx() context: ApiContext): Promise<ScoreType[]> {
    const scores = await this.results.scores(await resultKey(experiment, context));
    const { modelId, protocolId } = experiment.stored;
    const standings = protocolId === null ? null : await context.loaders.standings.load({ modelId, protocolId });
    return scoreViews(scores, standings?.informative);
  }

  @FieldResolver()
  async questionOutcomeCount(@Root() experiment: ExperimentType, @Ctx() context: ApiContext): Promise<number> {
    return this.results.questionOutcomeCount(await resultKey(experiment, context));
  }

  @FieldResolver()
  async latency(@Root() experiment: ExperimentType, @Ctx() context: ApiContext): Promise<LatencyType | null> {
    const latency = await this.results.latency(await resultKey(experiment, context));
    return latency && latencyView(latency);
  }

  @FieldResolver()
  engine(@Root() { stored }: ExperimentType): EngineInfoType | null {
    return engineOf(stored);
  }

  @FieldResolver()
  row(@Root() { stored }: ExperimentType, @Ctx() context: ApiContext): Promise<LeaderboardRow | null> {
    return rowOfGroup(stored, context, 'own');
  }

  @FieldResolver()
  dense(@Root() { stored }: ExperimentType, @Ctx() context: ApiContext): Promise<LeaderboardRow | null> {
    return rowOfGroup(stored, context, 'dense');
  }
}
