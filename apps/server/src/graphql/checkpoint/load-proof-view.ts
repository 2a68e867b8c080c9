import type { LoadProof } from '../../services/result-service.js';
import type { LoadProofType } from './checkpoint.type.js';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A stored load proof as the API shows it. */
export function loadProofView(proof: LoadProof): LoadProofType {
  const { engineLosses, stockLosses, samples, tokens, torch, transformers, ...shown } = proof;
  return {
    ...shown,
    ...{ engineLoss: mean(engineLosses), stockLoss: mean(stockLosses) },
    ...{ sampleCount: samples, tokenCount: tokens, torchVersion: torch, transformersVersion: transformers },
  };
}
