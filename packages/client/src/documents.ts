import { graphql } from './generated/gql.js';

/** The groups of the board: one a model and protocol that has rows. */
export const LeaderboardGroups = graphql(`
  query LeaderboardGroups {
    leaderboardGroups {
      rowCount
      model { id name source provenance revision depth parameterCount }
      protocol { id name data limit label isDemonstration json }
    }
  }
`);

/** One page of one group. */
export const Leaderboard = graphql(`
  query Leaderboard($modelId: ID!, $protocolId: ID!, $orderBy: LeaderboardOrder!, $first: Int!, $after: String) {
    leaderboard(modelId: $modelId, protocolId: $protocolId, orderBy: $orderBy, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        rank experimentId weightsDigest outputDepth sourceDepth parameterCount removedRatio sizeBytes
        mean meanStderr meanIntervalLow meanIntervalHigh chanceCorrectedMean informativeMean deltaToDense deltaToDenseStderr isDense publishedAt
        method { name title profile threshold options { name value isDefault } }
        plan { id text rule recipes { kind first last } }
        scores { task title metric isHeadline value stderr intervalLow intervalHigh n chance majorityRate isInformative }
        latency { protocol latencyMsMean latencyMsSd latencyMsP50 latencyMsP95 tokensPerSecond promptTokens newTokens machine }
        engine { name backend package device fallbackReason }
      }
    }
  }
`);

/** Everything the page of one experiment shows, but its log. */
export const ExperimentPage = graphql(`
  query ExperimentPage($id: ID!) {
    experiment(id: $id) {
      id state requestJson latencyProtocol viewerCanCancel createdAt startedAt finishedAt layerForwards questionOutcomeCount
      model { id name source provenance revision depth parameterCount }
      method { name title profile threshold options { name value isDefault } }
      target { layers threshold }
      protocol { id name label limit isDemonstration }
      error { code message fix }
      stages { name state runs durationMs progress { done total unit secondsLeft note } error { code message fix } }
      plan { id text rule sourceDepth outputDepth recipes { kind first last } }
      calibration { sha256 source samples tokens seed addBos }
      checkpoint { path weightsDigest sizeBytes parameterCount removedRatio }
      searchTrace { threshold candidates { index first last plan quantity similarity accepted layerForwards cached } }
      scores { task title metric isHeadline value stderr intervalLow intervalHigh n chance majorityRate isInformative harnessVersion taskVersion taskHash }
      latency { protocol samplesMs latencyMsMean latencyMsSd latencyMsP50 latencyMsP95 tokensPerSecond promptTokens newTokens machine }
      engine { name backend package device dtype deviceName tf32 batchSamples fallbackReason }
      row { rank mean meanStderr meanIntervalLow meanIntervalHigh deltaToDense deltaToDenseStderr isDense }
    }
  }
`);

/** The events of an experiment after a sequence number. */
export const ExperimentEvents = graphql(`
  query ExperimentEvents($id: ID!, $after: Int!, $first: Int!) {
    experiment(id: $id) {
      id
      events(after: $after, first: $first) { lastSeq hasNextPage nodes { seq at kind stage data } }
    }
  }
`);

/** All experiments, newest first. */
export const Experiments = graphql(`
  query Experiments($first: Int!, $after: String) {
    experiments(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id state createdAt finishedAt
        model { name depth }
        method { title profile threshold options { name value isDefault } }
        target { layers }
        plan { text outputDepth sourceDepth }
        error { code }
      }
    }
  }
`);

/** Asks a running experiment to end. */
export const CancelExperiment = graphql(`
  mutation CancelExperiment($input: CancelExperimentInput!) {
    cancelExperiment(input: $input) { experiment { id state } userErrors { code message hint } }
  }
`);
