/** A path through the source model: one key an output layer, in order. */
export type LayerPath = readonly string[];

/** Number of layers two paths share from the bottom. */
export function commonPrefix(a: LayerPath, b: LayerPath): number {
  const length = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < length && a[shared] === b[shared]) shared += 1;
  return shared;
}

/** A walk along a path and what is kept of it: the hidden state entering output layer `boundary`. */
interface Walk<State> {
  readonly path: LayerPath;
  readonly states: Map<number, State>;
}

/**
 * Hidden states at layer boundaries of the dense model and of the plan measured last. Plans of one search share long prefixes:
 * a measurement starts at the deepest boundary it shares (the paper's public script runs every layer for every candidate).
 * Within the byte budget every boundary is kept, beyond it every second, third, … one, and the layers between are computed again.
 * Owns the states it stores.
 */
export class PrefixCache<State extends { dispose(): void }> {
  private dense: Walk<State> | undefined;
  private last: Walk<State> | undefined;
  private readonly stride: number;

  constructor(depth: number, stateBytes: number, budgetBytes: number) {
    // Two walks are held at once, each with its end beside the boundaries that `keeps` names.
    const statesPerWalk = Math.max(2, Math.floor(budgetBytes / (2 * stateBytes)));
    this.stride = Math.max(1, Math.ceil(depth / (statesPerWalk - 1)));
  }

  /**
   * The deepest stored state on the way along `path`, or undefined; still the cache's. States that `path` does not share with
   * the walk before are freed now, so that two walks never lie beside a third.
   */
  begin(path: LayerPath): { readonly boundary: number; readonly state: State } | undefined {
    if (this.last) this.last = this.sharedPart(this.last, path);
    let found: { boundary: number; state: State } | undefined;
    for (const walk of [this.dense, this.last]) {
      const shared = walk ? commonPrefix(walk.path, path) : 0;
      for (const [boundary, state] of walk?.states ?? []) {
        if (boundary <= shared && boundary >= (found?.boundary ?? 0)) found = { boundary, state };
      }
    }
    return found;
  }

  /** Whether this boundary is worth keeping under the budget. */
  keeps(boundary: number): boolean {
    return boundary % this.stride === 0;
  }

  /** Takes over the states of the walk along `path` that followed `begin(path)`. */
  store(path: LayerPath, states: ReadonlyMap<number, State>, isDense: boolean): void {
    const before = isDense ? [...(this.dense?.states ?? []), ...(this.last?.states ?? [])] : (this.last?.states ?? []);
    const walk = { path, states: new Map([...before, ...states]) };
    if (isDense) this.dense = walk;
    this.last = isDense ? undefined : walk;
  }

  dispose(): void {
    for (const walk of [this.dense, this.last]) for (const state of walk?.states.values() ?? []) state.dispose();
    this.dense = undefined;
    this.last = undefined;
  }

  /** What a walk shares with `path` and the dense walk does not hold; the rest is freed. */
  private sharedPart(walk: Walk<State>, path: LayerPath): Walk<State> {
    const shared = commonPrefix(walk.path, path);
    const denseShared = this.dense ? commonPrefix(this.dense.path, path) : -1;
    const states = new Map<number, State>();
    for (const [boundary, state] of walk.states) {
      const isWanted = this.keeps(boundary) || boundary === walk.path.length;
      if (boundary <= shared && boundary > denseShared && isWanted) states.set(boundary, state);
      else state.dispose();
    }
    return { path: walk.path.slice(0, shared), states };
  }
}
