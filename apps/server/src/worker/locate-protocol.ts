import {
  createProtocol,
  locateTaskFiles,
  locateTexts,
  type Protocol,
  type ProtocolRequest,
  requestedTasks,
  requestedTexts,
  type TaskFiles,
  type TextFiles,
} from '@swm/eval';

/** A protocol, and where what it names by digest lies. */
export interface LocatedProtocol {
  readonly protocol: Protocol;
  readonly taskFiles: TaskFiles['files'];
  readonly textFiles: TextFiles['files'];
}

/** The protocol that a launch asks for, named by the task data of this machine. Throws what is wrong with that data. */
export async function locateProtocol(
  request: ProtocolRequest,
  taskDataFolder: string | undefined,
): Promise<LocatedProtocol> {
  const names = requestedTasks(request).map(({ name }) => name);
  const [tasks, texts] = await Promise.all([
    locateTaskFiles(request.data, taskDataFolder, names),
    locateTexts(taskDataFolder, requestedTexts(request)),
  ]);
  const protocol = createProtocol({ ...request, dataSha256: { ...tasks.sha256, ...texts.sha256 } });
  return { protocol, taskFiles: tasks.files, textFiles: texts.files };
}
