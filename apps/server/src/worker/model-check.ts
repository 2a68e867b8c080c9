import { inspectModel } from '../models/inspect-model.js';
import { filesStateOf } from './checkpoint-files.js';
import { modelChanged } from './model-changed.js';

/** Knows which model folders hold the weights they were registered with; hashes them again only after their files changed. */
export class ModelCheck {
  /** State of the files as they were found right, by model. */
  private readonly right = new Map<string, string>();

  /** Throws `MODEL.CHANGED`, what is wrong with the folder, or the signal's reason. */
  async check(
    model: { readonly id: string; readonly name: string; readonly folder: string; readonly revision: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { id, name, folder, revision } = model;
    if (this.right.get(id) === (await filesStateOf(folder))) return;
    let before = '';
    const onDigests = async ({ filesState }: { readonly filesState: string }) => {
      before = filesState;
    };
    const found = await inspectModel(folder, { onDigests, signal });
    if (found.revision !== revision) throw modelChanged(name);
    this.right.set(id, before);
  }
}
