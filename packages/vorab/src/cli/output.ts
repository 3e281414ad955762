import { styleText } from 'node:util';

/** Where a command writes. Results go to stdout; progress and errors to stderr. */
export interface Output {
  line(text?: string): void;
  json(value: unknown): void;
  /** A part of a longer work has ended: overwritten on a terminal, a line elsewhere. */
  progress(text: string): void;
  /** A small part: for a terminal alone. */
  detail(text: string): void;
  /** Ends the progress line. */
  done(): void;
  error(text: string): void;
}

/** bigint as a number where that is exact. */
const plain = (_: string, value: unknown): unknown =>
  typeof value === 'bigint'
    ? Number.isSafeInteger(Number(value))
      ? Number(value)
      : String(value)
    : value;

export function toJson(value: unknown): string {
  return JSON.stringify(value, plain, 2);
}

export function createOutput(quiet: boolean): Output {
  const { stdout, stderr } = process;
  const clear = (): boolean => !stderr.isTTY || quiet || stderr.write('\r\x1b[K');
  return {
    line: (text = '') => void stdout.write(`${text}\n`),
    json: (value) => void stdout.write(`${toJson(value)}\n`),
    progress(text) {
      if (quiet) return;
      clear();
      stderr.write(stderr.isTTY ? text : `${text}\n`);
    },
    detail(text) {
      if (quiet || !stderr.isTTY) return;
      clear();
      stderr.write(text);
    },
    done: () => void clear(),
    error(text) {
      clear();
      const label = stderr.isTTY ? styleText('red', 'error:') : 'error:';
      stderr.write(`${label} ${text}\n`);
    },
  };
}

/** Rows as columns; the last is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `1.5 KiB`. */
export function formatBytes(bytes: number | bigint): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** `12 ms`, `1.3 s`. */
export function formatTime(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
