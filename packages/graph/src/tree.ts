import { userError } from './fail.ts';
import { Tensor } from './node.ts';

/** Tensors in arrays and records, nested at will: what functions of tensors take and give. */
export type TensorTree =
  | Tensor
  | readonly TensorTree[]
  | { readonly [key: string]: TensorTree }
  | null
  | undefined;

/** The tensors of a tree in order, and what makes a tree of the same form from others. */
export interface FlatTree {
  readonly leaves: readonly Tensor[];
  /** Where each leaf stands: `h`, `layers[0].w`; empty for a tree that is one tensor. */
  readonly paths: readonly string[];
  /** The form alone: equal for trees that differ in their tensors only. */
  readonly form: string;
  rebuild(leaves: readonly Tensor[]): TensorTree;
}

/**
 * Takes a tree apart. Keys of records are taken in alphabetical order, however they were written.
 *
 * @throws GraphError at the user's line when something in it is not a tensor.
 */
export function flatten(tree: TensorTree, what: string): FlatTree {
  const leaves: Tensor[] = [];
  const paths: string[] = [];
  const visit = (at: unknown, path: string): string => {
    if (at instanceof Tensor) {
      paths.push(path);
      leaves.push(at);
      return '*';
    }
    if (at === null || at === undefined) return '-';
    if (Array.isArray(at)) return `[${at.map((x, i) => visit(x, `${path}[${i}]`)).join()}]`;
    if (!isRecord(at)) throw notATensor(at, path, what);
    const keys = Object.keys(at).sort();
    return `{${keys.map((k) => `${k}:${visit(at[k], path === '' ? k : `${path}.${k}`)}`).join()}}`;
  };
  const form = visit(tree, '');
  return { leaves, paths, form, rebuild: (values) => rebuild(tree, values.values()) };
}

function rebuild(tree: TensorTree, values: Iterator<Tensor>): TensorTree {
  if (tree instanceof Tensor) return values.next().value as Tensor;
  if (tree === null || tree === undefined) return tree;
  if (Array.isArray(tree)) return tree.map((x: TensorTree) => rebuild(x, values));
  const of = tree as { readonly [key: string]: TensorTree };
  const made = new Map<string, TensorTree>();
  for (const key of Object.keys(of).sort()) made.set(key, rebuild(of[key], values));
  return Object.fromEntries(Object.keys(of).map((key) => [key, made.get(key)]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null;
}

function notATensor(value: unknown, path: string, what: string): Error {
  const found = value instanceof Promise ? 'a promise' : `a ${typeof value}`;
  const literal = typeof value === 'number' || typeof value === 'boolean';
  return userError({
    code: 'not-a-tensor',
    message: `${what}${path === '' ? '' : `, ${path},`} is ${found}, expected a tensor`,
    cure: literal
      ? `make it one: full(${Number(value)}, [])`
      : 'give tensors, or arrays and plain objects of tensors',
  });
}
