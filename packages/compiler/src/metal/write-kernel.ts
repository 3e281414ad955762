import { createHash } from 'node:crypto';
import type { Dim, DType } from '@vorab/graph';
import {
  dimKey,
  dimMax,
  dimMul,
  elementCount,
  ndarray,
  readNumber,
  writeNumber,
} from '@vorab/graph';
import type { Access, Buffer, Instr, Kernel, Tape } from '../lower/ir.ts';
import type { RowPass } from './passes.ts';
import { rowPasses } from './passes.ts';
import { preludeFor } from './prelude.ts';
import { accumulator } from './reduce.ts';
import { scalarText } from './scalars.ts';
import type { JoinedDim, RowSpace } from './space.ts';
import { rowSpace } from './space.ts';
import { literal, metalType } from './types.ts';

const simdWidth = 32;
/** More might not be had by a kernel that needs many registers. */
const mostThreads = 256;
/** Elements of a row that each thread should have at least. */
const perThread = 4;
const smallRows = 8;

/** Writes a tape in row mode as a kernel; `title` says what it computes. */
export function writeKernel(tape: Tape, title: string): Kernel {
  return new KernelWriter(tape, title).write();
}

class KernelWriter {
  private readonly tape: Tape;
  private readonly title: string;
  private readonly space: RowSpace;
  private readonly threads: number;
  private readonly inputs: Buffer[] = [];
  private readonly outputs: Buffer[] = [];
  private readonly sizes: Dim[] = [];
  /** Positions: int where every address fits. */
  private readonly position: 'int' | 'long';
  private readonly top: string[] = [];
  private readonly lines: string[] = [];

  constructor(tape: Tape, title: string) {
    this.tape = tape;
    this.title = title;
    this.space = rowSpace(tape);
    this.threads = threadsFor(dimMax(this.length()));
    for (const instr of tape.instrs) {
      if (instr.kind === 'load') this.parameter(this.inputs, instr.access);
      if (instr.kind === 'store') this.parameter(this.outputs, instr.access);
    }
    const counts = tape.accesses.map(({ buffer }) => dimMax(elementCount(buffer.type.shape)));
    this.position = Math.max(...counts, dimMax(this.rows())) < 2 ** 31 ? 'int' : 'long';
  }

  write(): Kernel {
    const { before, passes } = rowPasses(this.tape);
    for (const i of before) this.kept(i);
    for (const pass of passes) this.pass(pass);
    const body = [...this.places(), ...this.lines].map((line) => `  ${line}\n`).join('');
    const sizes = this.sizes.map(
      (dim, i) => `  const ${this.position} n${i} = sizes[${i}]; // ${dimKey(dim)}\n`,
    );
    const shared = this.top.map((line) => `  ${line}\n`);
    const source = [`  // ${this.title}\n`, ...shared, ...sizes, body].join('');
    const header = preludeFor(source);
    return {
      name: nameOf(this.title, header + source),
      header,
      source,
      inputs: this.inputs,
      outputs: this.outputs,
      sizes: this.sizes,
      rows: this.rows(),
      threads: this.threads,
      group: this.threads === simdWidth ? smallRows : 1,
    };
  }

  private rows(): Dim {
    return product(this.space.kept);
  }

  private length(): Dim {
    return product(this.space.reduced);
  }

  private parameter(list: Buffer[], access: number): void {
    const { buffer } = this.access(access);
    if (!list.includes(buffer)) list.push(buffer);
  }

  private access(index: number): Access {
    return this.tape.accesses[index] as Access;
  }

  // ---------------------------------------------------------------------------------------------- places

  // Where this thread stands; indices of kept dims where somebody looks at them.
  private places(): readonly string[] {
    const { position } = this;
    const lines = [
      `const ${position} row = thread_position_in_grid.y;`,
      `const ${position} lane = thread_position_in_threadgroup.x;`,
    ];
    return [...lines, ...this.split('row', this.space.kept)];
  }

  // A position as one index per dim, the last dim fastest.
  private split(from: string, dims: readonly JoinedDim[]): readonly string[] {
    if (dims.length < 2) return [];
    const { position } = this;
    return dims.flatMap(({ dim, extent }, at) => {
      if (!this.isUsed(dim)) return [];
      const inner = product(dims.slice(at + 1));
      const whole = inner === 1 ? from : `${from} / ${this.size(inner)}`;
      const index = at === 0 ? whole : `${whole} % ${this.size(extent)}`;
      return [`const ${position} i${dim} = ${index};`];
    });
  }

  private isUsed(dim: number): boolean {
    const { accesses, instrs } = this.tape;
    return (
      accesses.some(({ strides }) => (strides[dim] ?? 0) !== 0) ||
      instrs.some((i) => i.kind === 'index' && i.dim === dim)
    );
  }

  /** The index along a dim of the tape. */
  private index(dim: number): string {
    const { kept, reduced } = this.space;
    const among = [kept, reduced].find((dims) => dims.some((d) => d.dim === dim));
    if (!among) return '0';
    if (among.length > 1) return `i${dim}`;
    return among === kept ? 'row' : 'j';
  }

  private size(dim: Dim): string {
    if (typeof dim === 'number') {
      return this.position === 'long' && Math.abs(dim) >= 2 ** 31 ? `${dim}l` : `${dim}`;
    }
    const known = this.sizes.findIndex((d) => dimKey(d) === dimKey(dim));
    return `n${known >= 0 ? known : this.sizes.push(dim) - 1}`;
  }

  private address({ offset, strides }: Access): string {
    const terms = [...this.space.kept, ...this.space.reduced].flatMap(({ dim }) => {
      const stride = strides[dim] ?? 0;
      if (stride === 0) return [];
      return stride === 1 ? [this.index(dim)] : [`${this.index(dim)} * ${this.size(stride)}`];
    });
    const all = offset === 0 ? terms : [this.size(offset), ...terms];
    return all.join(' + ') || '0';
  }

  // ---------------------------------------------------------------------------------------------- values

  private pass({ reduces, stores, full, kept }: RowPass): void {
    for (const i of reduces) {
      const { type, identity } = this.accumulatorOf(i);
      this.lines.push(
        `// ${this.reduceOf(i).op.name} over the row`,
        `${type} a${i} = ${identity};`,
      );
    }
    const { position } = this;
    const length = this.size(this.length());
    this.lines.push(`for (${position} j = lane; j < ${length}; j += ${this.threads}) {`);
    const inside = [
      ...this.split('j', this.space.reduced),
      ...full.map((i) => this.define(i)),
      ...reduces.map((i) => {
        const { combine, enter } = this.accumulatorOf(i);
        return `a${i} = ${combine}::of(a${i}, ${enter(`v${this.reduceOf(i).arg}`)});`;
      }),
      ...stores.map((i) => this.store(i)),
    ];
    this.lines.push(...inside.map((line) => `  ${line}`), '}');
    for (const i of reduces) this.combine(i);
    for (const i of kept) this.kept(i);
  }

  private reduceOf(i: number): Instr & { kind: 'reduce' } {
    return this.tape.instrs[i] as Instr & { kind: 'reduce' };
  }

  private accumulatorOf(i: number): ReturnType<typeof accumulator> {
    const { op, dtype } = this.reduceOf(i);
    return accumulator(op, dtype);
  }

  // Simdgroups first, then their results, which every thread combines in the same order.
  private combine(i: number): void {
    const { type, combine, leave } = this.accumulatorOf(i);
    const groups = this.threads / simdWidth;
    this.lines.push(`a${i} = vorab_simd<${combine}>(a${i});`);
    if (groups > 1) {
      this.top.push(`threadgroup ${type} s${i}[${groups}];`);
      this.lines.push(
        `if (thread_index_in_simdgroup == 0) s${i}[simdgroup_index_in_threadgroup] = a${i};`,
        'threadgroup_barrier(metal::mem_flags::mem_threadgroup);',
        `a${i} = s${i}[0];`,
        `for (ushort g = 1; g < ${groups}; g++) a${i} = ${combine}::of(a${i}, s${i}[g]);`,
      );
    }
    const { name } = metalType(this.reduceOf(i).dtype);
    this.lines.push(`const ${name} v${i} = ${leave(`a${i}`)};`);
  }

  private kept(i: number): void {
    const store = this.tape.instrs[i]?.kind === 'store';
    this.lines.push(store ? `if (lane == 0) ${this.store(i)}` : this.define(i));
  }

  private define(i: number): string {
    const instr = this.tape.instrs[i] as Instr;
    return `const ${metalType(instr.dtype).name} v${i} = ${this.value(instr)};`;
  }

  private value(instr: Instr): string {
    const { dtype } = instr;
    switch (instr.kind) {
      case 'load': {
        const access = this.access(instr.access);
        return `x${this.inputs.indexOf(access.buffer)}[${this.address(access)}]`;
      }
      case 'const':
        return literal(rounded(instr.value, dtype), dtype);
      case 'index':
        return this.index(instr.dim);
      case 'size':
        return `${metalType(dtype).name}(${this.size(instr.dim)})`;
      case 'scalar': {
        const of = instr.args.map((a) => this.tape.instrs[a] as Instr);
        const args = instr.args.map((a) => `v${a}`);
        return scalarText(instr.op, { args, from: (of.at(-1) as Instr).dtype, to: dtype });
      }
      case 'acc':
      case 'reduce':
      case 'store':
        throw new Error(`${instr.kind} is no value of a row`);
      default:
        return instr satisfies never;
    }
  }

  private store(i: number): string {
    const { access, arg } = this.tape.instrs[i] as Instr & { kind: 'store' };
    const to = this.access(access);
    return `y${this.outputs.indexOf(to.buffer)}[${this.address(to)}] = v${arg};`;
  }
}

const product = (dims: readonly JoinedDim[]): Dim => dimMul(1, ...dims.map((d) => d.extent));

/** Enough for a row of that length; the same for every binding, so that sums are made in one order. */
function threadsFor(length: number): number {
  const simdgroups = Math.ceil(length / (perThread * simdWidth));
  return simdWidth * Math.min(Math.max(simdgroups, 1), mostThreads / simdWidth);
}

function rounded(value: number, dtype: DType): number {
  const one = ndarray(dtype, [1]);
  writeNumber(one, 0, value);
  return readNumber(one, 0);
}

function nameOf(title: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `vorab_${title.replace(/\W+/g, '_')}_${digest}`;
}
