/**
 * Strict JSON over bytes. `JSON.parse` silently keeps the last of two equal keys and needs the whole text as one
 * string; a model folder is hostile input, so keys are compared and memory stays near the size of the bytes.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MAX_DEPTH = 64;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Why a text is not strict JSON; `isDuplicate` tells a repeated key from a syntax error. */
export class JsonSyntaxError extends Error {
  constructor(
    message: string,
    readonly isDuplicate: boolean,
  ) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

/** A cursor over UTF-8 JSON. Every method throws `JsonSyntaxError` with the byte offset. */
export class JsonScanner {
  offset = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(private readonly bytes: Uint8Array) {}

  fail(reason: string): JsonSyntaxError {
    return new JsonSyntaxError(`${reason} at byte ${this.offset}`, false);
  }

  duplicate(key: string): JsonSyntaxError {
    return new JsonSyntaxError(`the key ${JSON.stringify(key.slice(0, 100))} appears twice`, true);
  }

  /** The next byte that is not white space, not consumed; -1 at the end. */
  peek(): number {
    const bytes = this.bytes;
    let at = this.offset;
    for (;;) {
      const byte = bytes[at];
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at += 1;
      else {
        this.offset = at;
        return byte ?? -1;
      }
    }
  }

  private take(byte: number): void {
    if (this.peek() !== byte) throw this.fail(`expected '${String.fromCharCode(byte)}'`);
    this.offset += 1;
  }

  /** Nothing but white space may follow. */
  finish(): void {
    if (this.peek() !== -1) throw this.fail('unexpected text after the value');
  }

  /** Calls `onKey` for each key, which must consume the value. Keys longer than `maxKeyBytes` are refused; equal keys are the caller's to find. */
  forEachKey(maxKeyBytes: number, onKey: (key: string) => void): void {
    this.forEachEntry(() => this.readString(maxKeyBytes), onKey);
  }

  private forEachEntry<Key>(readKey: () => Key, onKey: (key: Key) => void): void {
    this.take(OPEN_OBJECT);
    if (this.peek() === CLOSE_OBJECT) {
      this.offset += 1;
      return;
    }
    for (;;) {
      const key = readKey();
      this.take(COLON);
      onKey(key);
      const next = this.peek();
      this.offset += 1;
      if (next === CLOSE_OBJECT) return;
      if (next !== COMMA) {
        this.offset -= 1;
        throw this.fail("expected ',' or '}'");
      }
    }
  }

  /** Calls `onItem` for each element, which must consume it. */
  forEachItem(onItem: () => void): void {
    this.take(OPEN_ARRAY);
    if (this.peek() === CLOSE_ARRAY) {
      this.offset += 1;
      return;
    }
    for (;;) {
      onItem();
      const next = this.peek();
      this.offset += 1;
      if (next === CLOSE_ARRAY) return;
      if (next !== COMMA) {
        this.offset -= 1;
        throw this.fail("expected ',' or ']'");
      }
    }
  }

  /** A string of at most `maxBytes` bytes as written. */
  readString(maxBytes: number): string {
    const { first, last, hasEscape } = this.skipString();
    if (last - first > maxBytes) throw this.fail(`a string of more than ${maxBytes} bytes`);
    try {
      const raw = this.decoder.decode(this.bytes.subarray(first, last));
      // JSON.parse of one bounded string literal: the platform's own rules for escapes.
      return hasEscape ? String(JSON.parse(`"${raw}"`)) : raw;
    } catch {
      throw this.fail('a string that is not valid UTF-8 or has a bad escape');
    }
  }

  /** Moves past a string without decoding it; its bytes lie in [first, last). */
  skipString(): { readonly first: number; readonly last: number; readonly hasEscape: boolean } {
    this.take(QUOTE);
    const bytes = this.bytes;
    const first = this.offset;
    let hasEscape = false;
    let at = first;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined || byte < 0x20) {
        this.offset = at;
        throw this.fail(byte === undefined ? 'an unfinished string' : 'a control character in a string');
      }
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        hasEscape = true;
        at += this.escapeLength(at);
      } else at += 1;
    }
    this.offset = at + 1;
    return { first, last: at, hasEscape };
  }

  /** Bytes of the escape whose backslash is at `at`. */
  private escapeLength(at: number): number {
    const kind = String.fromCharCode(this.bytes[at + 1] ?? 0);
    if ('"\\/bfnrt'.includes(kind)) return 2;
    const isUnicode = kind === 'u' && [2, 3, 4, 5].every((digit) => isHexDigit(this.bytes[at + digit] ?? 0));
    this.offset = at;
    if (!isUnicode) throw this.fail('a bad escape in a string');
    return 6;
  }

  /** A plain non-negative integer up to 2^53 - 1: no sign, fraction, exponent or leading zero. */
  readUint(): number {
    this.peek();
    const first = this.offset;
    let value = 0;
    let at = first;
    for (;;) {
      const byte = this.bytes[at];
      if (byte === undefined || byte < 0x30 || byte > 0x39) break;
      value = value * 10 + (byte - 0x30);
      at += 1;
      if (at - first > 16 || value > Number.MAX_SAFE_INTEGER) throw this.fail('an integer that is too large');
    }
    if (at === first || (at - first > 1 && this.bytes[first] === 0x30))
      throw this.fail('expected a non-negative integer');
    this.offset = at;
    return value;
  }

  /** Any value, nested at most 64 deep, without equal keys. */
  readValue(depth = 0): unknown {
    if (depth > MAX_DEPTH) throw this.fail(`values nested more than ${MAX_DEPTH} deep`);
    const byte = this.peek();
    if (byte === OPEN_OBJECT) {
      const entries = new Map<string, unknown>();
      this.forEachKey(this.bytes.length, (key) => {
        if (entries.has(key)) throw this.duplicate(key);
        entries.set(key, this.readValue(depth + 1));
      });
      // fromEntries defines own properties, so a "__proto__" key stays an ordinary key.
      return Object.fromEntries(entries);
    }
    if (byte === OPEN_ARRAY) {
      const items: unknown[] = [];
      this.forEachItem(() => items.push(this.readValue(depth + 1)));
      return items;
    }
    if (byte === QUOTE) return this.readString(this.bytes.length);
    return this.readWord();
  }

  isAtObject(): boolean {
    return this.peek() === OPEN_OBJECT;
  }

  isAtArray(): boolean {
    return this.peek() === OPEN_ARRAY;
  }

  isAtString(): boolean {
    return this.peek() === QUOTE;
  }

  /** Moves past any value without building it: costs no memory, whatever its size. Equal keys are not looked for. */
  skipValue(depth = 0): void {
    if (depth > MAX_DEPTH) throw this.fail(`values nested more than ${MAX_DEPTH} deep`);
    const byte = this.peek();
    if (byte === OPEN_OBJECT) this.forEachValue(() => this.skipValue(depth + 1));
    else if (byte === OPEN_ARRAY) this.forEachItem(() => this.skipValue(depth + 1));
    else if (byte === QUOTE) this.skipString();
    else this.readWord();
  }

  /** `{ "key": value, … }` whose keys nobody needs; `onValue` must consume each value. */
  forEachValue(onValue: () => void): void {
    this.forEachEntry(() => this.skipString(), onValue);
  }

  private readWord(): unknown {
    const first = this.offset;
    let at = first;
    for (;;) {
      const byte = this.bytes[at];
      const isWordByte =
        byte !== undefined &&
        ((byte >= 0x30 && byte <= 0x39) ||
          (byte >= 0x61 && byte <= 0x7a) ||
          (byte >= 0x41 && byte <= 0x5a) ||
          byte === 0x2b ||
          byte === 0x2d ||
          byte === 0x2e);
      if (!isWordByte || at - first > 64) break;
      at += 1;
    }
    const word = this.decoder.decode(this.bytes.subarray(first, at));
    if (word !== 'true' && word !== 'false' && word !== 'null') {
      if (!NUMBER.test(word) || !Number.isFinite(Number(word))) throw this.fail('expected a JSON value');
    }
    this.offset = at;
    return JSON.parse(word);
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** The value of a whole strict JSON text; throws `JsonSyntaxError`. */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const scanner = new JsonScanner(bytes);
  const value = scanner.readValue();
  scanner.finish();
  return value;
}

/** The raw text of each top-level value of a JSON object, in order: what is not edited keeps its spelling (`10000.0`). */
export function topLevelTexts(bytes: Uint8Array): Map<string, string> {
  const scanner = new JsonScanner(bytes);
  const decoder = new TextDecoder();
  const texts = new Map<string, string>();
  scanner.forEachKey(bytes.length, (key) => {
    if (texts.has(key)) throw scanner.duplicate(key);
    scanner.peek();
    const first = scanner.offset;
    scanner.readValue(1);
    texts.set(key, decoder.decode(bytes.subarray(first, scanner.offset)));
  });
  scanner.finish();
  return texts;
}

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
