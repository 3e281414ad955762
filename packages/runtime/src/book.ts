import type { fb } from '@vorab/artifact';
import { fb as format, programRoot } from '@vorab/artifact';
import type { BackendSession } from './backend.ts';
import type { Cause } from './causes.ts';
import { causes } from './causes.ts';
import { dtypes } from './dtype.ts';
import { checkLedger, type LedgerBounds } from './expect.ts';
import type { Fallback } from './fallback.ts';
import { Ledger, type LedgerRow } from './ledger.ts';
import type { ProgramInfo } from './program.ts';
import { entryPlanOf, locationAt, present, range, stepsOf } from './program.ts';

export interface BookParts {
  readonly backend: BackendSession;
  readonly program: ProgramInfo;
  readonly flatbuffer: Uint8Array;
  readonly plan: number;
  readonly fallback: Fallback | undefined;
}

/** Fields of a count, as backends give them: cause, entry, index, count, bytes, ns. */
const fields = 6;

/** Puts a backend's counts into words, and holds them to what is expected. */
export class Book {
  readonly #parts: BookParts;
  readonly #root: fb.Program;
  #mark: Ledger = new Ledger([]);

  constructor(parts: BookParts) {
    this.#parts = parts;
    this.#root = programRoot(parts.flatbuffer);
  }

  async read(): Promise<Ledger> {
    return this.#ledger(await this.#parts.backend.ledger());
  }

  readSync(): Ledger {
    return this.#ledger(this.#parts.backend.ledgerSync());
  }

  /** What happened after `since`, or after the last time that this was asked. Throws `ledger`, `argument`. */
  expect(now: Ledger, bounds: LedgerBounds, since: Ledger | undefined): Ledger {
    const found = now.since(since ?? this.#mark);
    this.#mark = now;
    checkLedger(found, bounds);
    return found;
  }

  #ledger(buffer: ArrayBuffer): Ledger {
    const counts = new Float64Array(buffer);
    const rows: LedgerRow[] = [];
    let runs = 0;
    for (let at = 0; at < counts.length; at += fields) {
      const [number = 0, entry = 0, index = 0, count = 0, bytes = 0, ns = 0] = counts.subarray(at);
      const cause = causes[number];
      if (cause === undefined) continue;
      if (cause.kind === 'run') {
        runs += count;
        rows.push(...this.#casts(entry, count));
        continue;
      }
      rows.push({
        kind: cause.kind,
        direction: cause.direction,
        what: this.#what(cause, entry, index),
        why: cause.why,
        location: this.#location(cause, entry, index),
        count,
        bytes,
        ms: ns / 1e6,
      });
    }
    return new Ledger([...rows, ...this.#fallbacks(runs)]);
  }

  #fallbacks(count: number): LedgerRow[] {
    const { fallback } = this.#parts;
    if (fallback === undefined) return [];
    const { from, to, reason } = fallback;
    const what = `${from}→${to}`;
    const none = { direction: undefined, location: undefined, bytes: 0, ms: 0 };
    return [{ kind: 'fallback', what, why: reason, count, ...none }];
  }

  /** Those that the plan lists, each as often as the entry ran; equal ones are one row. */
  #casts(entry: number, runs: number): LedgerRow[] {
    const rows = new Map<string, LedgerRow>();
    const plan = this.#entryPlan(entry);
    for (let i = 0; i < (plan?.castsLength() ?? 0); i++) {
      const cast = plan?.casts(i);
      if (cast === null || cast === undefined) continue;
      const row: LedgerRow = {
        kind: 'cast',
        direction: undefined,
        what: `${this.#entryName(entry)}: ${dtypes[cast.from()]} → ${dtypes[cast.to()]}`,
        why: this.#root.strings(cast.reason()) ?? '',
        location: locationAt(this.#root, cast.location()),
        count: runs,
        bytes: 0,
        ms: 0,
      };
      const key = `${row.what} ${row.why} ${row.location}`;
      rows.set(key, { ...row, count: (rows.get(key)?.count ?? 0) + runs });
    }
    return [...rows.values()];
  }

  #what({ place }: Cause, entry: number, index: number): string {
    const { program } = this.#parts;
    const name = this.#entryName(entry);
    const info = program.entries[entry];
    if (place === 'entry') return name;
    if (place === 'input') return `${name}: input ${info?.inputs[index]?.name}`;
    if (place === 'output') return `${name}: output ${info?.outputs[index]?.name}`;
    if (place === 'step') return `${name}: ${this.#step(entry, index)?.name() ?? 'a step'}`;
    if (place === 'state') return `state ${program.states[index]?.name}`;
    return place === 'constant' ? `constant ${index}` : 'tensor';
  }

  /** The line of the step that makes an output, where its order of elements is the matter; else that of the entry. */
  #location({ place, kind }: Cause, entry: number, index: number): string | undefined {
    if (place === 'step') return this.#stepLine(entry, index);
    if (place !== 'entry' && place !== 'input' && place !== 'output') return undefined;
    const plan = kind === 'layout' ? this.#entryPlan(entry) : undefined;
    const step = plan === undefined ? undefined : stepOfOutput(plan, index);
    const line = step?.locations(0) ?? this.#root.entries(entry)?.location();
    return line === undefined ? undefined : locationAt(this.#root, line);
  }

  #step(entry: number, index: number): fb.Step | undefined {
    const plan = this.#entryPlan(entry);
    return plan === undefined ? undefined : stepsOf(plan)[index];
  }

  #stepLine(entry: number, index: number): string | undefined {
    const line = this.#step(entry, index)?.locations(0);
    return line === null || line === undefined ? undefined : locationAt(this.#root, line);
  }

  #entryName(entry: number): string {
    return this.#parts.program.entries[entry]?.name ?? '?';
  }

  /** Of the session's plan, or of the plans of its parts. */
  #entryPlan(entry: number): fb.EntryPlan | undefined {
    if (this.#parts.plan < 0) return undefined;
    const plan = present(this.#root.plans(this.#parts.plan));
    const parts = range(plan.partsLength(), (i) => present(this.#root.plans(plan.parts(i) ?? 0)));
    return [plan, ...parts].flatMap((of) => entryPlanOf(of, entry) ?? [])[0];
  }
}

function stepOfOutput(plan: fb.EntryPlan, output: number): fb.Step | undefined {
  for (const step of stepsOf(plan)) {
    if (step.bodyType() !== format.StepBody.Apply) continue;
    const apply = step.body(new format.Apply()) as fb.Apply | null;
    for (let i = 0; i < (apply?.outputsLength() ?? 0); i++) {
      const value = plan.values(apply?.outputs(i) ?? 0);
      if (value?.storage() === format.Storage.Output && value.index() === output) return step;
    }
  }
  return undefined;
}
