import { engineCrashed, engineProtocol, torchUnavailable } from '../engine-errors.js';
import type { LineTransport } from './line-transport.js';
import { asFields, countOf, type Fields, type Hello, parseLine, readHello, readReplyError } from './messages.js';
import { replyError } from './reply-error.js';

interface Pending {
  /** The plan in question, for messages. */
  readonly plan: string;
  readonly resolve: (value: Fields) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks the side process and matches its answers by id. A process that ends, or that cannot be understood, ends every question: by
 * `ENGINE.CRASHED`, `ENGINE.PROTOCOL`, or the reason for which it was ended.
 */
export class TorchClient {
  /** The greeting; rejects with `ENGINE.UNAVAILABLE` where torch cannot be used. */
  readonly hello: Promise<Hello>;
  private readonly pending = new Map<number, Pending>();
  private greet: { readonly resolve: (hello: Hello) => void; readonly reject: (error: unknown) => void } | undefined;
  private nextId = 0;
  private ended: { readonly reason: unknown } | undefined;

  constructor(private readonly transport: LineTransport) {
    this.hello = new Promise((resolve, reject) => {
      this.greet = { resolve, reject };
    });
    transport.onLine((line) => {
      try {
        this.receive(parseLine(line));
      } catch (error) {
        this.end(error);
        void this.transport.close();
      }
    });
    transport.done.then(
      (how) => this.end(engineCrashed(how)),
      (reason: unknown) => this.end(reason),
    );
  }

  /** One call; the value of its reply. `plan` as `formatPlan` gives it. Throws what the reply reports, by the codes of engine-errors.ts. */
  ask(call: string, plan: string, fields: Fields = {}): Promise<Fields> {
    if (this.ended) return Promise.reject(this.ended.reason);
    this.nextId += 1;
    const id = this.nextId;
    const answered = new Promise<Fields>((resolve, reject) => this.pending.set(id, { plan, resolve, reject }));
    this.transport.send(JSON.stringify({ id, call, ...fields }));
    return answered;
  }

  /** Ends the process; what is still asked is never answered. */
  async close(): Promise<void> {
    this.end(new Error('TorchClient: used after close'));
    await this.transport.close();
  }

  private receive(message: Fields): void {
    if (this.greet) {
      if ('error' in message) throw torchUnavailable(readReplyError(message.error).message);
      this.greet.resolve(readHello(message));
      this.greet = undefined;
      return;
    }
    const id = countOf(message, 'id', 1);
    const waiting = this.pending.get(id);
    if (!waiting) throw engineProtocol(`it answers question ${id}, which is not open`, JSON.stringify(message));
    if ('error' in message) {
      const error = replyError(readReplyError(message.error), waiting.plan);
      this.pending.delete(id);
      waiting.reject(error);
    } else {
      const value = asFields(message.value, JSON.stringify(message));
      this.pending.delete(id);
      waiting.resolve(value);
    }
  }

  private end(reason: unknown): void {
    this.ended ??= { reason };
    this.greet?.reject(this.ended.reason);
    this.greet = undefined;
    for (const { reject } of this.pending.values()) reject(this.ended.reason);
    this.pending.clear();
  }
}
