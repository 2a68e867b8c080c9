/** A path through the source model: one key an output layer, in order. */
export type LayerPath = readonly string[];

interface Entry<State> {
  readonly boundary: number;
  readonly state: State;
  /** Number of the last walk that came through here. */
  lastWalk: number;
}

/** What no key of a layer holds. */
const SEPARATOR = '\u0000';

/**
 * Hidden states at the layer boundaries of plans measured before, by the path that leads to them. Plans of one search share long
 * prefixes: a measurement starts at the deepest boundary it shares with any of them (the paper's public script runs every layer for
 * every candidate). Within the byte budget every boundary is kept, and where room is wanted those go first whose path was walked
 * longest ago, of one walk the deepest; with room for less than two walks only every second, third, … boundary is kept, and the layers
 * between are computed again. Owns the states it stores. python/prefix_cache.py decides everything alike: both engines must cost the same.
 */
export class PrefixCache<State extends { dispose(): void }> {
  private readonly entries = new Map<string, Entry<State>>(); // by the path's prefix
  private readonly capacity: number;
  private readonly stride: number;
  private walks = 0;

  constructor(depth: number, stateBytes: number, budgetBytes: number) {
    this.capacity = Math.max(4, Math.floor(budgetBytes / stateBytes));
    // Room for two walks, each with its end beside the boundaries that `keeps` names.
    this.stride = Math.max(1, Math.ceil(depth / (Math.floor(this.capacity / 2) - 1)));
  }

  /** The deepest stored state on the way along `path`, or undefined; still the cache's. Makes room for the walk that follows. */
  begin(path: LayerPath): { readonly boundary: number; readonly state: State } | undefined {
    this.walks += 1;
    let found: Entry<State> | undefined;
    for (let boundary = 0; boundary <= path.length; boundary += 1) {
      const entry = this.entries.get(prefixKey(path, boundary));
      if (!entry) continue;
      entry.lastWalk = this.walks;
      found = entry;
    }
    const first = found ? found.boundary + 1 : 0;
    let wanted = 0;
    for (let boundary = first; boundary <= path.length; boundary += 1) if (this.stores(boundary, path)) wanted += 1;
    this.makeRoom(wanted, found);
    return found;
  }

  /** Whether this boundary is worth keeping under the budget. */
  keeps(boundary: number): boolean {
    return boundary % this.stride === 0;
  }

  /** Takes over the states, by boundary, of the walk along `path` that followed `begin(path)`. */
  store(path: LayerPath, states: ReadonlyMap<number, State>): void {
    for (const [boundary, state] of states) {
      const key = prefixKey(path, boundary);
      this.entries.get(key)?.state.dispose();
      this.entries.set(key, { boundary, state, lastWalk: this.walks });
    }
  }

  dispose(): void {
    for (const { state } of this.entries.values()) state.dispose();
    this.entries.clear();
  }

  private stores(boundary: number, path: LayerPath): boolean {
    return this.keeps(boundary) || boundary === path.length;
  }

  private makeRoom(wanted: number, found: Entry<State> | undefined): void {
    const excess = this.entries.size + wanted - this.capacity;
    if (excess <= 0) return;
    const dispensable = [...this.entries].filter(([, entry]) => entry !== found);
    dispensable.sort(([, a], [, b]) => a.lastWalk - b.lastWalk || b.boundary - a.boundary);
    for (const [key, { state }] of dispensable.slice(0, excess)) {
      state.dispose();
      this.entries.delete(key);
    }
  }
}

const prefixKey = (path: LayerPath, boundary: number): string => path.slice(0, boundary).join(SEPARATOR);
