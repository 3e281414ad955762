import { ops } from './generated/ops.ts';

/** What an op gives and gets; `docs/architecture.md` lists them. */
export type OpKind =
  | 'Leaf'
  | 'Elementwise'
  | 'Reduce'
  | 'View'
  | 'Contract'
  | 'Indexed'
  | 'Routine'
  | 'Composite'
  | 'Call';

/** What a file needs to know of an op. The registry of the graph package writes `generated/ops.ts`. */
export interface OpRow {
  readonly id: number;
  readonly name: string;
  readonly kind: OpKind;
  readonly minInputs: number;
  /** 255: no limit. */
  readonly maxInputs: number;
  /** 255: any number. */
  readonly outputs: number;
  /** One letter per attribute: i f b s I d D S F C B. */
  readonly attributes: string;
  /** It adds or multiplies many numbers into one. */
  readonly accumulates: boolean;
}

export const variadic = 255;

const byId: ReadonlyMap<number, OpRow> = new Map(ops.map((op) => [op.id, op]));
const byName: ReadonlyMap<string, OpRow> = new Map(ops.map((op) => [op.name, op]));

/** The op with this id, if this build knows it. */
export const opById = (id: number): OpRow | undefined => byId.get(id);

/** The op with this name, if this build knows it. */
export const opByName = (name: string): OpRow | undefined => byName.get(name);
