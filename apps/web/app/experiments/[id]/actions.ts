'use server';

import { revalidatePath } from 'next/cache';
import { cancelExperiment } from '../../../lib/api';
import { paths } from '../../../lib/paths';

/** Asks the experiment to end; the page shows the state it reaches. */
export async function cancel(id: string): Promise<void> {
  await cancelExperiment(id);
  revalidatePath(paths.experiment(id));
}
