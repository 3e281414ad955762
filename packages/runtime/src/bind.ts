import type { BackendInput } from './backend.ts';
import type { Dim } from './dims.ts';
import { extentOf, formatExpr } from './dims.ts';
import { didYouMean, listNames, VorabError } from './errors.ts';
import type { InputPort } from './input-port.ts';
import { inputPort } from './input-port.ts';
import type { EntryInfo, ProgramInfo } from './program.ts';
import type { TensorOwner } from './tensor.ts';
import { Tensor } from './tensor.ts';
import type { Accepted } from './values.ts';
import { accept } from './values.ts';

/**
 * The inputs of one entry: checks a record of values and finds the symbols from their shapes. What it finds stays in
 * `symbols`, what the backend takes in `args`, until the next call.
 */
export class InputBinder {
  /** Arguments of the backend's entry; those of the outputs follow. */
  readonly args: (BackendInput | ArrayBufferView | undefined | null)[];
  /** Elements copied by a promise call. */
  copies = 0;
  copiedBytes = 0;

  readonly #program: ProgramInfo;
  readonly #entry: EntryInfo;
  readonly #owner: TensorOwner;
  readonly #symbols: Float64Array;
  readonly #ports: readonly InputPort[];
  readonly #accepted: (Accepted | undefined)[];
  /** The port that bound each symbol. */
  readonly #boundBy: (InputPort | undefined)[];

  constructor(program: ProgramInfo, entry: EntryInfo, owner: TensorOwner, symbols: Float64Array) {
    this.#program = program;
    this.#entry = entry;
    this.#owner = owner;
    this.#symbols = symbols;
    this.#ports = entry.inputs.map((info) => inputPort(program, entry, info));
    this.#accepted = this.#ports.map(() => undefined);
    this.#boundBy = program.symbols.map(() => undefined);
    this.args = [...entry.inputs, ...entry.outputs].map(() => undefined);
  }

  /** Throws one `VorabError` for the first thing that is wrong. */
  bind(inputs: Readonly<Record<string, unknown>>): void {
    // Nothing is allocated for flat arrays that are right; whatever is not is looked at again, to say why.
    if (!this.#bindFlat(inputs)) this.#bindAny(inputs);
  }

  #bindFlat(inputs: Readonly<Record<string, unknown>>): boolean {
    this.#reset();
    const symbols = this.#symbols;
    let index = 0;
    for (const port of this.#ports) {
      const value = inputs[port.port] as ArrayBufferView | null | undefined;
      if (value === undefined || value === null || value.constructor !== port.flat) return false;
      const length = (value as Float32Array).length;
      if (port.symbol < 0) {
        if (length !== port.unit) return false;
      } else {
        const extent = length / port.unit;
        const known = symbols[port.symbol] as number;
        if (known !== extent) {
          if (!Number.isNaN(known) || !this.#isLegal(port.symbol, extent)) return false;
          symbols[port.symbol] = extent;
        }
      }
      this.args[index++] = value;
      this.copiedBytes += value.byteLength;
    }
    this.copies = index;
    let given = 0;
    for (const _ in inputs) given++;
    return given === index;
  }

  #isLegal(symbol: number, value: number): boolean {
    const bounds = this.#program.symbols[symbol];
    if (bounds === undefined) return false;
    return value >= bounds.min && value <= bounds.max && value % bounds.multipleOf === 0;
  }

  #bindAny(inputs: Readonly<Record<string, unknown>>): void {
    this.#reset();
    let given = 0;
    for (const [index, port] of this.#ports.entries()) {
      const value = inputs[port.port];
      if (value === undefined) throw this.#missing(port, inputs);
      given++;
      const accepted = accept(port, value);
      this.#accepted[index] = accepted;
      this.args[index] = this.#argument(port, accepted);
      if (accepted.shape !== undefined) this.#bindShape(port, accepted.shape);
    }
    this.#refuseExtra(inputs, given);
    this.#bindLengths();
    this.#checkSymbols();
    for (const [index, port] of this.#ports.entries()) this.#checkSize(port, this.#accepted[index]);
  }

  #reset(): void {
    this.copies = 0;
    this.copiedBytes = 0;
    for (const symbol of this.#entry.symbols) {
      this.#symbols[symbol] = Number.NaN;
      this.#boundBy[symbol] = undefined;
    }
  }

  #argument(port: InputPort, accepted: Accepted): BackendInput {
    if (accepted.view !== undefined) {
      this.copies++;
      this.copiedBytes += accepted.view.byteLength;
      return accepted.view;
    }
    if (accepted.tensor !== undefined) return Tensor.slotIn(this.#owner, accepted.tensor);
    throw new TypeError(`${port.name}: nothing was accepted`);
  }

  #missing(port: InputPort, inputs: Readonly<Record<string, unknown>>): VorabError {
    const extra = Object.keys(inputs).filter((name) => !this.#ports.some((p) => p.port === name));
    const meant = didYouMean(port.port, extra);
    return new VorabError({
      code: 'input-missing',
      message: `${port.name} is missing, expected ${port.type}`,
      cure: meant === undefined ? undefined : `rename ${meant} to ${port.port}`,
    });
  }

  #refuseExtra(inputs: Readonly<Record<string, unknown>>, given: number): void {
    const names = Object.keys(inputs);
    if (names.length === given) return;
    const known = this.#ports.map(({ port }) => port);
    const extra = names.find((name) => !known.includes(name));
    if (extra === undefined) return;
    const meant = didYouMean(extra, known);
    throw new VorabError({
      code: 'input-unknown',
      message: `${this.#entry.name}: there is no input ${extra}; its inputs are ${listNames(known)}`,
      cure: meant === undefined ? `leave ${extra} out` : `did you mean ${meant}?`,
    });
  }

  #bindShape(port: InputPort, shape: readonly number[]): void {
    if (shape.length !== port.dims.length) {
      throw new VorabError({
        code: 'input-rank',
        message: `${port.name} has rank ${shape.length} (shape [${shape.join(', ')}]), expected ${port.type}`,
      });
    }
    for (const [axis, dim] of port.dims.entries()) {
      if (dim.kind === 'affine') this.#bindExtent(port, dim, shape[axis] ?? 0, axis);
    }
  }

  /** Extent `found` of `port` tells the dim's symbol. */
  #bindExtent(port: InputPort, dim: Dim & { kind: 'affine' }, found: number, axis: number): void {
    const value = (found - dim.offset) / dim.scale;
    const known = this.#symbols[dim.symbol] ?? Number.NaN;
    if (Number.isNaN(known)) {
      if (!Number.isInteger(value)) throw this.#wrongExtent(port, found, axis);
      this.#symbols[dim.symbol] = value;
      this.#boundBy[dim.symbol] = port;
    } else if (known !== value) {
      throw this.#conflict(dim.symbol, port, value);
    }
  }

  #wrongExtent(port: InputPort, found: number, axis: number): VorabError {
    const expected = formatExpr(this.#program, port.info.shape[axis] ?? 0);
    return new VorabError({
      code: 'input-size',
      message: `${port.name} has extent ${found} at axis ${axis}, expected ${expected} (${port.type})`,
    });
  }

  #conflict(symbol: number, port: InputPort, value: number): VorabError {
    const name = this.#program.symbols[symbol]?.name ?? '?';
    const first = this.#boundBy[symbol]?.port ?? '?';
    return new VorabError({
      code: 'dim-conflict',
      message: `${this.#entry.name}: dim ${name} is ${this.#symbols[symbol]} by input ${first} and ${value} by input ${port.port}`,
      cure: `give ${first} and ${port.port} the same ${name}`,
    });
  }

  /** Flat arrays, again and again while one of them tells something new. */
  #bindLengths(): void {
    for (let progress = true; progress; ) {
      progress = false;
      for (const [index, port] of this.#ports.entries()) {
        const accepted = this.#accepted[index];
        if (accepted === undefined || accepted.shape !== undefined) continue;
        progress = this.#bindLength(port, accepted.length) || progress;
      }
    }
  }

  #bindLength(port: InputPort, length: number): boolean {
    let known = 1;
    let unknown: (Dim & { kind: 'affine' }) | undefined;
    let axis = -1;
    for (const [at, dim] of port.dims.entries()) {
      const extent = extentOf(this.#program, dim, this.#symbols);
      if (!Number.isNaN(extent)) {
        known *= extent;
      } else if (dim.kind === 'affine' && unknown === undefined) {
        unknown = dim;
        axis = at;
      } else {
        return false;
      }
    }
    if (unknown === undefined || known === 0) return false;
    const extent = length / known;
    if (!Number.isInteger(extent)) {
      throw new VorabError({
        code: 'input-size',
        message: `${port.name} has ${length} elements, expected a multiple of ${known} (${port.type})`,
      });
    }
    this.#bindExtent(port, unknown, extent, axis);
    return true;
  }

  #checkSymbols(): void {
    for (const symbol of this.#entry.symbols) {
      const value = this.#symbols[symbol] ?? Number.NaN;
      const bounds = this.#program.symbols[symbol];
      if (bounds === undefined) continue;
      const { name, min, max, multipleOf } = bounds;
      if (Number.isNaN(value)) {
        throw new VorabError({
          code: 'dim-unknown',
          message: `${this.#entry.name}: dim ${name} does not follow from the lengths of flat arrays`,
          cure: `give one of its inputs as { data, shape }`,
        });
      }
      if (value >= min && value <= max && value % multipleOf === 0) continue;
      const by = this.#boundBy[symbol]?.port ?? '?';
      const multiple = multipleOf === 1 ? '' : `a multiple of ${multipleOf} `;
      throw new VorabError({
        code: 'dim-bounds',
        message: `${this.#entry.name}: dim ${name} is ${value} by input ${by}, expected ${multiple}from ${min} to ${max}`,
        cure:
          value > max
            ? `split the input, or raise max of dim('${name}') in the model and compile again`
            : undefined,
      });
    }
  }

  #checkSize(port: InputPort, accepted: Accepted | undefined): void {
    if (accepted === undefined) return;
    let size = 1;
    for (const [axis, dim] of port.dims.entries()) {
      const extent = extentOf(this.#program, dim, this.#symbols);
      size *= extent;
      if (accepted.shape !== undefined && accepted.shape[axis] !== extent) {
        throw this.#wrongExtent(port, accepted.shape[axis] ?? 0, axis);
      }
    }
    if (accepted.length === size) return;
    throw this.#lengthError(port, accepted.length, size);
  }

  #lengthError(port: InputPort, length: number, size: number): VorabError {
    const symbolic = port.dims.filter((dim) => dim.kind === 'affine');
    const [only] = symbolic;
    const rest = port.dims.reduce((product, dim) => {
      return dim === only ? product : product * extentOf(this.#program, dim, this.#symbols);
    }, 1);
    if (only !== undefined && symbolic.length === 1 && Number.isInteger(length / rest)) {
      const value = (length / rest - only.offset) / only.scale;
      if (this.#boundBy[only.symbol] !== port) return this.#conflict(only.symbol, port, value);
    }
    const extents = port.dims.map((dim) => extentOf(this.#program, dim, this.#symbols));
    const shape = port.dims.length === 0 ? '' : ` (shape [${extents.join(', ')}])`;
    return new VorabError({
      code: 'input-size',
      message: `${port.name} has ${length} elements, expected ${size}${shape} for ${port.type}`,
    });
  }
}
