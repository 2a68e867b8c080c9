// Letters: O outputs, I inputs.
import type { Tensor, Tensor2D } from '../../model/tensor-ops.js';
import type { TfjsBackend } from './backend.js';

/** Puts arrays on the backend and owns what it put there. `check` runs after each upload: out of memory on wasm is silent. */
export class Uploader {
  private readonly owned: Tensor[] = [];

  constructor(readonly backend: TfjsBackend) {}

  vector(values: Float32Array): Tensor {
    return this.tensor(values, [values.length]);
  }

  tensor(values: Float32Array, shape: number[]): Tensor {
    return this.own(this.backend.tf.tensor(values, shape));
  }

  /** values of [O, I] as stored → [O, I] */
  asStored(values: Float32Array, inputs: number): Tensor2D {
    return this.own(this.backend.tf.tensor2d(values, [values.length / inputs, inputs]));
  }

  /** values of [O, I] as stored → the backend's layout */
  matrix(values: Float32Array, inputs: number): Tensor2D {
    if (this.backend.layout === 'out-in') return this.asStored(values, inputs);
    const stored = this.backend.tf.tensor2d(values, [values.length / inputs, inputs]); // [O, I]
    try {
      this.backend.check(stored);
      return this.transposed(stored); // [I, O]
    } finally {
      stored.dispose();
    }
  }

  /** [O, I] → [I, O] */
  transposed(stored: Tensor2D): Tensor2D {
    return this.own(this.backend.tf.transpose(stored) as Tensor2D); // rank 2 stays rank 2
  }

  dispose(): void {
    for (const tensor of this.owned.splice(0)) tensor.dispose();
  }

  /** Takes over a tensor just made. */
  own<T extends Tensor>(tensor: T): T {
    const settled = this.backend.settle(tensor);
    this.owned.push(settled);
    this.backend.check(settled);
    return settled;
  }
}
