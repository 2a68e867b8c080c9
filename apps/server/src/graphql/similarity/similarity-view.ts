import type { Similarity } from '../../services/similarity-service.js';
import type { LayerSimilarityType } from './similarity.type.js';

/** A similarity as the API shows it; CKA and patches are resolved by form. */
export function similarityView(stored: Similarity): LayerSimilarityType {
  const { calibrationSha256, engine, measuredAt, figures } = stored;
  const { cosine, angularDistance: angular, blockInfluence } = figures;
  return { stored, calibrationSha256, engine, measuredAt, cosine, angular, blockInfluence };
}
