import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { inPlace } from './in-place.ts';
import type { PlanContext } from './steps.ts';
import { elementsOf } from './tables.ts';
import { baseOf, placeOf } from './tape.ts';
import { type Use, usesOf } from './uses.ts';

/** One step of a plan, counted over its regions. */
export interface PlacedStep {
  readonly path: Path;
  readonly step: fb.StepT;
  /** All steps of its region are Apply and none touches the arena: a write binds a new array. */
  readonly bindsNew: boolean;
}

/** Memory that steps read and write, over the course of a plan. */
export interface Place {
  readonly storage: fb.Storage;
  /** Which input, output, state or constant; for own memory which value. */
  readonly index: number;
  /** Elements, at the high and the low binding. */
  readonly elements: readonly [bigint, bigint];
  filled: [bigint, bigint];
  read: boolean;
  firstWrite: number | null;
  lastUse: number;
  /** The step whose kernel keeps it to itself. */
  kernel: number | null;
}

const isWhole = ({ filled, elements }: Place): boolean =>
  filled[0] >= elements[0] && filled[1] >= elements[1];

const storageName = (storage: fb.Storage): string =>
  ['input', 'output', 'state', 'constant', 'value', 'value'][storage] ?? '?';

/** The order of reads and writes. */
export class Flow {
  readonly places: Map<number, Place> = new Map();
  /** The first step that writes a state. */
  firstWrite: number | null = null;
  private readonly plan: PlanContext;

  constructor(plan: PlanContext) {
    this.plan = plan;
  }

  private place(value: number): Place {
    const { context, values } = this.plan;
    const key = placeOf(values, value);
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const base = baseOf(values, value);
    const of = values[base] ?? new fb.ValueT();
    const owns = of.storage === fb.Storage.Arena || of.storage === fb.Storage.Device;
    const place: Place = {
      storage: of.storage,
      index: owns ? base : of.index,
      elements: [
        BigInt(elementsOf(context.program, of.type, context.high)),
        BigInt(elementsOf(context.program, of.type, context.low)),
      ],
      filled: [0n, 0n],
      read: false,
      firstWrite: null,
      lastUse: -1,
      kernel: null,
    };
    this.places.set(key, place);
    return place;
  }

  step(index: number, { path, step, bindsNew }: PlacedStep): void {
    const { context, values } = this.plan;
    if (step.body instanceof fb.KernelT) {
      this.kernel(index, path.field('body'), step.body);
      return;
    }
    const uses = usesOf(context, values, path, step);
    const reads = uses.filter(({ write }) => !write);
    const writes = uses.filter(({ write }) => write);
    for (const use of reads) this.read(index, use);
    for (const use of writes) this.write(index, use);
    if (bindsNew) return;
    for (const place of new Set(writes.map(({ value }) => placeOf(values, value)))) {
      const both = reads.some(({ value }) => placeOf(values, value) === place);
      if (both && !inPlace(this.plan, step, place, place)) {
        fail('in-place', path, `reads and writes ${this.name(place)}, and not element by element`);
      }
    }
  }

  // What a kernel's steps read comes in through its inputs, or they have written it; outside they are seen by its outputs.
  private kernel(index: number, path: Path, kernel: fb.KernelT): void {
    const { context, values } = this.plan;
    const places = (of: readonly number[]): Set<number> =>
      new Set(of.map((value) => placeOf(values, value)));
    const [inputs, outputs] = [places(kernel.inputs), places(kernel.outputs)];
    for (const [i, value] of kernel.inputs.entries()) {
      this.read(index, { path: path.at('inputs', i), value });
    }
    for (const [s, step] of kernel.steps.entries()) {
      for (const use of usesOf(context, values, path.at('steps', s), step)) {
        const key = placeOf(values, use.value);
        const place = this.place(use.value);
        const inside = place.firstWrite === index;
        if (!use.write && !inside && !inputs.has(key)) {
          fail('read', use.path, `reads ${this.name(key)}, which is no input of its kernel`);
        }
        if (use.write && (place.storage !== fb.Storage.Device || inputs.has(key))) {
          fail('write', use.path, `writes ${this.name(key)}, expected a new Device value`);
        }
        if (use.write) this.write(index, use);
        else this.read(index, use);
        if (use.write && !outputs.has(key)) place.kernel = index;
      }
    }
    for (const [i, value] of kernel.outputs.entries()) {
      const place = this.place(value);
      if (place.firstWrite === index && isWhole(place)) continue;
      const name = this.name(placeOf(values, value));
      fail('write', path.at('outputs', i), `is ${name}, which no step of its kernel writes`);
    }
  }

  private name(key: number): string {
    const place = this.places.get(key);
    return place === undefined ? '?' : `${storageName(place.storage)} ${place.index}`;
  }

  private read(step: number, { path, value }: Pick<Use, 'path' | 'value'>): void {
    const place = this.place(value);
    const name = `${storageName(place.storage)} ${place.index}`;
    if (place.kernel !== null && place.kernel !== step) {
      fail('read', path, `reads ${name}, which a kernel keeps to itself`);
    }
    switch (place.storage) {
      case fb.Storage.Output:
        fail('read', path, `reads ${name}, which is only written`);
        break;
      case fb.Storage.State:
        if (!this.plan.frame.reads.includes(place.index) && place.firstWrite === null) {
          fail('read', path, `reads ${name}, which the entry does not read`);
        }
        break;
      case fb.Storage.Arena:
      case fb.Storage.Device:
        if (!isWhole(place)) fail('read', path, `reads ${name} before all of it is written`);
        break;
      default:
    }
    place.read = true;
    place.lastUse = step;
  }

  private write(step: number, use: Use): void {
    const { path, value } = use;
    const place = this.place(value);
    const name = `${storageName(place.storage)} ${place.index}`;
    const { context, frame } = this.plan;
    if (place.storage === fb.Storage.Input || place.storage === fb.Storage.Constant) {
      fail('write', path, `writes ${name}`);
    }
    if (place.storage === fb.Storage.State) {
      if (!frame.writes.includes(place.index)) {
        fail('write', path, `writes ${name}, which the entry does not write`);
      }
      this.firstWrite ??= step;
    } else if (place.read) {
      fail('write', path, `writes ${name} after it was read`);
    }
    place.filled = [
      place.filled[0] + use.filled(context.high),
      place.filled[1] + use.filled(context.low),
    ];
    const tooMany = place.filled.findIndex((filled, i) => filled > (place.elements[i] ?? 0n));
    if (place.storage === fb.Storage.Output && tooMany >= 0) {
      fail(
        'write',
        path,
        `writes ${place.filled[tooMany]} elements of ${name}, expected ${place.elements[tooMany]}`,
      );
    }
    place.firstWrite ??= step;
    place.lastUse = step;
  }

  /** After the last step: all outputs are whole, all states that the entry writes are written. */
  finish(path: Path): void {
    const { frame } = this.plan;
    for (const [i, type] of frame.outputs.entries()) {
      if (type === null) continue;
      const place = this.places.get(i * 8 + fb.Storage.Output);
      if (place === undefined) fail('write', path, `never writes output ${i}`);
      else if (!isWhole(place)) {
        const at = place.filled[0] < place.elements[0] ? 0 : 1;
        fail(
          'write',
          path,
          `writes ${place.filled[at]} elements of output ${i}, expected ${place.elements[at]}`,
        );
      }
    }
    for (const state of frame.due) {
      const place = this.places.get(state * 8 + fb.Storage.State);
      if (place === undefined || place.firstWrite === null) {
        fail('write', path, `never writes state ${state}`);
      }
    }
  }
}
