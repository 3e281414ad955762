import type { LedgerDirection, LedgerKind } from './causes.ts';
import { counterNames, counterOf, type LedgerCounter } from './counters.ts';

/** How often something happened for one cause at one place. */
export interface LedgerRow {
  readonly kind: LedgerKind;
  /** Of copies and layout changes. */
  readonly direction: LedgerDirection | undefined;
  /** What it happened to: `fit: input image`. */
  readonly what: string;
  /** Why: `copied when the call was made`. */
  readonly why: string;
  /** The user's `file:line:column`, where there is one. */
  readonly location: string | undefined;
  readonly count: number;
  /** Copied, or taken as memory; 0 of other kinds. */
  readonly bytes: number;
  /** What builds took, in milliseconds; 0 of other kinds. */
  readonly ms: number;
}

/** What the rows sum up to. */
export type LedgerTotals = { readonly [K in LedgerCounter]: number };

/**
 * What a session has done, by cause. It holds as many rows as the artifact has inputs, outputs, states and the like,
 * however long the session runs.
 *
 * @example
 * const before = await model.ledger();
 * await model.fit(batch);
 * console.log(String((await model.ledger()).since(before)));
 */
export class Ledger {
  readonly rows: readonly LedgerRow[];
  readonly totals: LedgerTotals;

  /** Ledgers are made by sessions. */
  constructor(rows: readonly LedgerRow[]) {
    this.rows = rows;
    this.totals = Object.fromEntries(
      counterNames.map((name) => [name, total(rows, name)]),
    ) as LedgerTotals;
  }

  /** What happened after `earlier`, a ledger of the same session. */
  since(earlier: Ledger): Ledger {
    const before = new Map(earlier.rows.map((row) => [keyOf(row), row]));
    const rows = this.rows.map((row) => {
      const old = before.get(keyOf(row));
      if (old === undefined) return row;
      return {
        ...row,
        count: row.count - old.count,
        bytes: row.bytes - old.bytes,
        ms: row.ms - old.ms,
      };
    });
    return new Ledger(rows.filter(({ count }) => count > 0));
  }

  /** The rows that `counter` sums up. */
  of(counter: LedgerCounter): readonly LedgerRow[] {
    return this.rows.filter(counterOf(counter).has);
  }

  /** A line for each row; `nothing happened` without any. */
  toString(): string {
    return this.rows.length === 0 ? 'nothing happened' : describeRows(this.rows).join('\n');
  }
}

const keyOf = ({ kind, what, why, location }: LedgerRow): string =>
  [kind, what, why, location].join('\n');

function total(rows: readonly LedgerRow[], name: LedgerCounter): number {
  const { has, value } = counterOf(name);
  return rows.reduce((sum, row) => (has(row) ? sum + row[value] : sum), 0);
}

/** Rows as lines of columns: count, kind, size or time, what and why, line of the model. */
export function describeRows(rows: readonly LedgerRow[]): string[] {
  const cells = rows.map((row) => [
    String(row.count),
    row.direction === undefined ? row.kind : `${row.kind} ${row.direction}`,
    amount(row),
    `${row.what}: ${row.why}`,
    row.location ?? '',
  ]);
  const widths = [0, 1, 2, 3].map((i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) =>
    line
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return i === 0 || i === 2 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function amount({ kind, bytes, ms }: LedgerRow): string {
  if (kind === 'build') return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
  return kind === 'copy' || kind === 'layout' || kind === 'memory' ? `${bytes} B` : '';
}
