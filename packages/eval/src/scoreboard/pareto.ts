/** A row as a point: what it costs (parameters, milliseconds) and what it is worth (a mean). null where not measured. */
export interface CostAndQuality {
  readonly cost: number | null;
  readonly quality: number | null;
}

/**
 * Indices of the points that no other beats (at most the cost, at least the quality, one of them truly better), cheapest first; equal
 * points stay together. Points with something missing or not finite are never on it.
 */
export function paretoFront(points: readonly CostAndQuality[]): number[] {
  const measured = points.flatMap(({ cost, quality }, index) =>
    cost !== null && quality !== null && Number.isFinite(cost) && Number.isFinite(quality)
      ? [{ index, cost, quality }]
      : [],
  );
  measured.sort((a, b) => a.cost - b.cost || b.quality - a.quality || a.index - b.index);
  let best = { cost: Number.NEGATIVE_INFINITY, quality: Number.NEGATIVE_INFINITY };
  const front: number[] = [];
  for (const point of measured) {
    if (point.quality > best.quality) best = point;
    else if (point.quality < best.quality || point.cost > best.cost) continue;
    front.push(point.index);
  }
  return front;
}
