import {
  createProtocol,
  locateTaskFiles,
  type Protocol,
  type ProtocolRequest,
  requestedTasks,
  type TaskFiles,
} from '@swm/eval';

/** The protocol that a launch asks for, named by the task data of this machine, and where that data lies. */
export async function locateProtocol(
  request: ProtocolRequest,
  taskDataFolder: string | undefined,
): Promise<{ readonly protocol: Protocol; readonly files: TaskFiles['files'] }> {
  const tasks = requestedTasks(request).map(({ name }) => name);
  const { files, sha256 } = await locateTaskFiles(request.data, taskDataFolder, tasks);
  return { protocol: createProtocol({ ...request, dataSha256: sha256 }), files };
}
