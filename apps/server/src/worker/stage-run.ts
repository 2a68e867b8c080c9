import { createWriteStream, type WriteStream } from 'node:fs';
import { isWanted, type LaunchRequest, type StageName } from '../db/launch-request.js';
import { type StageOutputs, type StageProgress, stageOutputSchemas } from '../db/stage-outputs.js';
import type { Attempt } from './attempt.js';
import type { KnownResults, ModelFacts, StageContext, StageEvent } from './stage.js';

/** Progress is stored at most this often; events of it less often still. */
const PROGRESS_MS = 1_000;
const PROGRESS_EVENT_MS = 5_000;
/** Lines a second that reach the page's log; log.txt gets all. */
const LOG_EVENTS_PER_SECOND = 5;

/** The outputs of closed stages, by name. */
export type ClosedOutputs = Map<StageName, unknown>;

/** What the stages of one attempt share. */
export interface RunShared {
  readonly attempt: Attempt;
  readonly request: LaunchRequest;
  readonly model: ModelFacts;
  readonly outputs: ClosedOutputs;
  readonly known: KnownResults;
  readonly reserveDisk: StageContext['reserveDisk'];
  readonly recorded: (stage: StageName, kind: string) => Promise<readonly unknown[]>;
  readonly signal: AbortSignal;
  readonly folder: string;
}

/** Appends to log.txt and lets a few lines a second through to the page. */
class RunLog {
  private readonly file: WriteStream;
  private windowStart = 0;
  private inWindow = 0;

  constructor(
    path: string,
    private readonly publish: (line: string) => void,
  ) {
    this.file = createWriteStream(path, { flags: 'a' });
    // A full disk shows in the stage's own writes; the log alone never ends a run.
    this.file.on('error', () => {});
  }

  write(line: string): void {
    this.file.write(`${line}\n`);
    const now = performance.now();
    if (now - this.windowStart > 1_000) [this.windowStart, this.inWindow] = [now, 0];
    this.inWindow += 1;
    if (this.inWindow <= LOG_EVENTS_PER_SECOND) this.publish(line);
  }

  close(): void {
    this.file.end();
  }
}

/** Time left from the pace of this run: what was done before it (a resumed search) does not count. */
class Pace {
  private first: { readonly at: number; readonly done: number } | undefined;

  secondsLeft(done: number, total: number | null): number | null {
    const now = performance.now();
    if (total === null) return null;
    this.first ??= { at: now, done };
    const gained = done - this.first.done;
    if (gained <= 0) return null;
    return Math.round((((now - this.first.at) / gained) * Math.max(0, total - done)) / 100) / 10;
  }
}

/** The context of one run of one stage, and its end: `settle` writes what is still on its way. */
export function createStageRun(
  name: StageName,
  cursor: unknown,
  shared: RunShared,
): { readonly context: StageContext; settle(): Promise<void> } {
  const { attempt, request, model, outputs, known, reserveDisk, recorded, signal, folder } = shared;
  const log = new RunLog(`${folder}/log.txt`, (line) => attempt.emit({ kind: 'log', stage: name, data: { line } }));
  const pace = new Pace();
  let [storedAt, eventAt] = [0, 0];
  let writing: Promise<void> = Promise.resolve();
  const row = ({ kind, data }: StageEvent) => ({ kind, stage: name, data });
  const progress: StageContext['progress'] = ({ done, total, unit, note }) => {
    const now = performance.now();
    const shown: StageProgress = { done, total, unit, secondsLeft: pace.secondsLeft(done, total), note: note ?? null };
    if (storedAt > 0 && now - storedAt < PROGRESS_MS) return;
    storedAt = now;
    const withEvent = now - eventAt > PROGRESS_EVENT_MS;
    if (withEvent) eventAt = now;
    // The next write of the attempt meets the same trouble and reports it.
    writing = attempt.saveProgress(name, shown, withEvent).catch(() => {});
  };
  const context: StageContext = {
    experimentId: attempt.experimentId,
    request,
    model,
    attempt: attempt.number,
    output: <Name extends StageName>(wanted: Name): StageOutputs[Name] => {
      if (!outputs.has(wanted)) throw new Error(`${name} asked for the output of ${wanted}, which is not closed`);
      return stageOutputSchemas[wanted].parse(outputs.get(wanted)) as StageOutputs[Name]; // by the schema of that very name
    },
    isWanted: (wanted) => isWanted(request, wanted),
    known,
    reserveDisk,
    cursor,
    saveCursor: (next, events = [], measurements = []) =>
      attempt.saveCursor(name, next, { events: events.map(row), modelId: model.id, measurements }),
    recorded: (kind) => attempt.flush().then(() => recorded(name, kind)),
    progress,
    emit: (event) => attempt.emit(row(event)),
    log: (line) => log.write(line),
    signal,
    folder,
  };
  return {
    context,
    settle: async () => {
      await writing;
      await attempt.flush();
      log.close();
    },
  };
}
