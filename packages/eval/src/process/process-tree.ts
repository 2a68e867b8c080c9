import { readdirSync, readFileSync } from 'node:fs';

/** Environment variable every child inherits, so that it is found again whatever session or group it moved to. */
export const RUN_MARKER = 'SWM_RUN_ID';

/** Ends the run's id inside the marker; what follows tells runs of the same id apart. */
const MARKER_SEPARATOR = '#';

/** The marker of one run: the id, and a part of its own, so that two runs of one id do not end each other. */
export const markerOf = (runId: string, part: string): string => `${runId}${MARKER_SEPARATOR}${part}`;

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks since boot; with the pid it names a process for ever. */
  readonly startTime: string;
}

/** Whether processes can be listed here (Linux). */
export const canListProcesses = (): boolean => safely(() => readdirSync('/proc/self')) !== undefined;

/** Every live process; zombies and this process are left out. Empty where there is no /proc. */
function listProcesses(): ProcessEntry[] {
  const pids = safely(() => readdirSync('/proc'))?.filter((name) => /^\d+$/.test(name)) ?? [];
  return pids.flatMap((name) => {
    const stat = safely(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
    // The command may hold spaces and brackets; state, parent, group and session follow its last bracket (proc_pid_stat(5)).
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    const [state, parent, , session] = fields;
    if (state === undefined || state === 'Z' || state === 'X' || Number(name) === process.pid) return [];
    return [{ pid: Number(name), parent: Number(parent), session: Number(session), startTime: fields[19] ?? '' }];
  });
}

/** A process may end between listing and reading; then it is not there. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function readMarker(pid: number): string | undefined {
  const environment = safely(() => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  return environment
    ?.split('\0')
    .find((entry) => entry.startsWith(`${RUN_MARKER}=`))
    ?.slice(RUN_MARKER.length + 1);
}

/** The entries that are chosen, and all their descendants. */
function withDescendants(entries: readonly ProcessEntry[], isChosen: (entry: ProcessEntry) => boolean): ProcessEntry[] {
  const family = new Set(entries.filter(isChosen).map(({ pid }) => pid));
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of entries) if (family.has(parent)) family.add(pid);
  }
  return entries.filter(({ pid }) => family.has(pid));
}

const carries = (marker: string | undefined, runId: string): boolean =>
  marker === runId || marker?.startsWith(runId + MARKER_SEPARATOR) === true;

/** Live processes that carry the marker `runId` (or one of its parts), their descendants included. */
export const processesOf = (runId: string): number[] =>
  withDescendants(listProcesses(), ({ pid }) => carries(readMarker(pid), runId)).map(({ pid }) => pid);

export interface ProcessWatch {
  /** Process ids alive at this moment. */
  readonly alive: () => number[];
}

/** Follows processes and their descendants; who was seen once is remembered, by id and start time. */
function watch(isOurs: (entry: ProcessEntry) => boolean): ProcessWatch {
  const seen = new Set<string>();
  const nameOf = ({ pid, startTime }: ProcessEntry) => `${pid} ${startTime}`;
  return {
    alive: () => {
      const family = withDescendants(listProcesses(), (entry) => seen.has(nameOf(entry)) || isOurs(entry));
      for (const entry of family) seen.add(nameOf(entry));
      return family.map(({ pid }) => pid);
    },
  };
}

/**
 * The processes of one run: what carries its marker, what lives in its session, and all their descendants, also one that cleared its
 * environment, left the session and then lost its parent, if it was seen before.
 */
export const watchRun = (marker: string, root: number): ProcessWatch =>
  watch(({ pid, session }) => pid === root || session === root || readMarker(pid) === marker);

/** What a dead worker left behind: processes whose run id begins with `prefix`, and their descendants. */
export const watchMarked = (prefix: string): ProcessWatch =>
  watch(({ pid }) => readMarker(pid)?.startsWith(prefix) === true);

/** Live processes whose run id begins with `prefix`, and their descendants. */
export const markedProcesses = (prefix: string): number[] => watchMarked(prefix).alive();

/** Sends a signal to each; one that has ended already is fine. A negative id is a process group. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) safely(() => process.kill(pid, signal));
}

/** Whether a process group still has members, for systems without /proc. */
export const isGroupAlive = (leader: number): boolean => safely(() => process.kill(-leader, 0)) === true;
