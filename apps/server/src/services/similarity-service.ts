import { type CkaMatrix, detectPatches, type LayerPatch } from '@swm/core/measure';
import type { LayerSimilarity, PrismaClient } from '../db/generated/client.js';
import { type LayerSimilarityFigures, layerSimilarityFiguresSchema } from '../db/layer-similarity-figures.js';
import { engineInfoSchema } from '../db/stage-outputs.js';
import type { TeamScope } from './team-scope.js';

/** A model's similarity on one calibration; `calibrationSha256` null means the one measured last. */
export interface SimilarityKey {
  readonly modelId: string;
  readonly calibrationSha256: string | null;
}

/** How alike the layers of a model are, checked. */
export interface Similarity {
  readonly calibrationSha256: string;
  readonly experimentId: string;
  readonly engine: ReturnType<typeof engineInfoSchema.parse>;
  readonly measuredAt: Date;
  readonly figures: LayerSimilarityFigures;
}

/** Which CKA: any matrix there is has one. */
export type CkaForm = Pick<CkaMatrix, 'rows' | 'kernel' | 'estimator'>;

/** The matrix of a form; null where the calibration had too few rows for it, or the form does not exist. */
export const ckaOf = ({ figures }: Similarity, { rows, kernel, estimator }: CkaForm): CkaMatrix | null =>
  figures.cka.find((form) => form.rows === rows && form.kernel === kernel && form.estimator === estimator) ?? null;

/** Runs of layers more similar than the threshold by that form; null where there is no such matrix. */
export function patchesOf(similarity: Similarity, form: CkaForm, threshold: number): LayerPatch[] | null {
  const matrix = ckaOf(similarity, form);
  return matrix && detectPatches(matrix.values, threshold);
}

/** Reads what analyses of layers found. */
export class SimilarityService {
  constructor(private readonly db: PrismaClient) {}

  /** Of the team's models alone; null where nothing was measured. */
  async get({ teamId }: TeamScope, { modelId, calibrationSha256 }: SimilarityKey): Promise<Similarity | null> {
    const row = await this.db.layerSimilarity.findFirst({
      where: { modelId, model: { teamId }, ...(calibrationSha256 === null ? {} : { calibrationSha256 }) },
      orderBy: { measuredAt: 'desc' },
    });
    return row && similarityOf(row);
  }
}

const similarityOf = ({ figures, engine, ...row }: LayerSimilarity): Similarity => ({
  ...row,
  figures: layerSimilarityFiguresSchema.parse(figures),
  engine: engineInfoSchema.parse(engine),
});
