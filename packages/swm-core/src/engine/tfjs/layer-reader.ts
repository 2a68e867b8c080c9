import {
  type Architecture,
  type LayerTensorSpec,
  layerTensorName,
  layerTensors,
  type ProjectionRole,
  type SideRole,
} from '../../architecture/architecture.js';
import type { ModelSource } from '../../checkpoint/model-source.js';

type Role = ProjectionRole | SideRole;

/** Stacks [O1, I], [O2, I] … along their outputs. */
function stackRows(parts: readonly Float32Array[]): Float32Array {
  const stacked = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    stacked.set(part, at);
    at += part.length;
  }
  return stacked;
}

/** Reads a layer's weights by what they do, whatever the family calls them. */
export class LayerReader {
  private readonly specs: ReadonlyMap<Role, LayerTensorSpec<Role>>;

  constructor(
    private readonly source: ModelSource,
    private readonly architecture: Architecture,
    private readonly layer: number,
  ) {
    this.specs = new Map(layerTensors(architecture).map((spec) => [spec.role, spec]));
  }

  /** The weight's name and shape; undefined where the family has none of that role. */
  find(role: Role): LayerTensorSpec<Role> | undefined {
    return this.specs.get(role);
  }

  /** The weights of these roles on top of each other. A role that the family lacks is a bug. */
  async read(...roles: readonly Role[]): Promise<Float32Array> {
    const parts = await Promise.all(roles.map((role) => this.readOne(role)));
    return parts.length === 1 && parts[0] ? parts[0] : stackRows(parts);
  }

  private readOne(role: Role): Promise<Float32Array> {
    const spec = this.find(role);
    if (!spec) throw new RangeError(`LayerReader: ${this.architecture.name} has no ${role}`);
    return this.source.readFloat32(layerTensorName(this.architecture, this.layer, spec.name));
  }
}
