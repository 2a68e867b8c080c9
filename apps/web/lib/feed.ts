/** What the page of an experiment keeps of its events, folded as they come. */

/** A child process of the evaluation: known by its start, complete by its end. */
export interface ProcessEvidence {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly resultsSha256: string | null;
}

export interface Feed {
  readonly lastSeq: number;
  /** The newest lines, oldest first. */
  readonly log: readonly string[];
  readonly processes: readonly ProcessEvidence[];
}

interface StoredEvent {
  readonly seq: number;
  readonly kind: string;
  /** JSON text. */
  readonly data: string;
}

export const EMPTY_FEED: Feed = { lastSeq: 0, log: [], processes: [] };

const LOG_LINES = 200;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function lineOf(data: unknown): string {
  if (typeof data === 'string') return data;
  return isRecord(data) && typeof data.line === 'string' ? data.line : JSON.stringify(data);
}

function withProcess(processes: readonly ProcessEvidence[], data: unknown): readonly ProcessEvidence[] {
  if (!isRecord(data) || typeof data.pid !== 'number' || !Array.isArray(data.argv)) return processes;
  const evidence: ProcessEvidence = {
    pid: data.pid,
    argv: data.argv.map(String),
    exitCode: typeof data.exitCode === 'number' ? data.exitCode : null,
    resultsSha256: typeof data.resultsSha256 === 'string' ? data.resultsSha256 : null,
  };
  // Its end comes as a second event, which says everything the first did.
  return [...processes.filter(({ pid, exitCode }) => pid !== evidence.pid || exitCode !== null), evidence];
}

/** Adds events to a feed. Those it has seen already change nothing, so that overlapping reads are harmless. */
export function foldEvents(feed: Feed, events: readonly StoredEvent[]): Feed {
  const fresh = events.filter(({ seq }) => seq > feed.lastSeq);
  const log = [...feed.log];
  let { lastSeq, processes } = feed;
  for (const { seq, kind, data } of fresh) {
    lastSeq = seq;
    if (kind === 'log') log.push(lineOf(JSON.parse(data)));
    if (kind === 'process') processes = withProcess(processes, JSON.parse(data));
  }
  return { lastSeq, log: log.slice(-LOG_LINES), processes };
}
