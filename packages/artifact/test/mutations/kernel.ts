import { fb } from '../../src/index.ts';
import { at, body, literal, type Mutation, mlx, steps } from './types.ts';

/** The entry that `kernelSample` adds. */
const norm = 3;

const kernel = (p: fb.ProgramT): fb.KernelT => body(p, mlx, norm, 0, fb.KernelT);
const inner = (p: fb.ProgramT, step: number): fb.ApplyT => {
  const of = at(kernel(p).steps, step).body;
  if (!(of instanceof fb.ApplyT)) throw new TypeError(`step ${step} is no Apply`);
  return of;
};
const after = (p: fb.ProgramT): fb.ApplyT => body(p, mlx, norm, 1, fb.ApplyT);
const replace = (p: fb.ProgramT, bodyType: fb.StepBody, of: fb.StepT['body']): void =>
  void Object.assign(at(kernel(p).steps, 0), { bodyType, body: of });
const many = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Kernels, their launch, and what their steps read and write; each on the sample with a kernel. */
export const kernels: readonly Mutation[] = [
  ['a kernel without a name', 'name', (p) => (kernel(p).name = '')],
  ['a kernel with a name that is code', 'name', (p) => (kernel(p).name = 'a(){}')],
  ['a kernel that reads no value', 'index', (p) => (kernel(p).inputs[0] = 5)],
  ['a kernel that writes no value', 'index', (p) => (kernel(p).outputs[0] = 5)],
  ['a kernel of a size that is no expr', 'index', (p) => (kernel(p).sizes[0] = 9999)],
  ['a kernel of rows that are no expr', 'index', (p) => (kernel(p).rows = 9999)],
  ['a kernel without a header', 'index', (p) => (kernel(p).header = 9999)],
  ['a kernel without a source', 'index', (p) => (kernel(p).source = 9999)],
  ['a kernel without outputs', 'kernel', (p) => (kernel(p).outputs = [])],
  ['a kernel of too many buffers', 'kernel', (p) => (kernel(p).inputs = many(30))],
  ['a kernel without threads', 'kernel', (p) => (kernel(p).threads = 0)],
  ['a kernel with half a simdgroup', 'kernel', (p) => (kernel(p).threads = 48)],
  ['a kernel with too many threads', 'kernel', (p) => (kernel(p).threads = 1056)],
  ['a kernel without rows in its threadgroup', 'kernel', (p) => (kernel(p).group = 0)],
  ['a kernel with too many rows in its threadgroup', 'kernel', (p) => (kernel(p).group = 33)],
  ['a kernel with several wide rows in its threadgroup', 'kernel', (p) => (kernel(p).threads = 64)],
  [
    'a kernel of a negative number of rows',
    'extent',
    (p) => (kernel(p).rows = literal(p, at(p.exprs, 0), -1n)),
  ],
  [
    'a kernel with a tape among its steps',
    'kind',
    (p) => replace(p, fb.StepBody.Fused, new fb.FusedT()),
  ],
  [
    'a kernel within a kernel',
    'kind',
    (p) => replace(p, fb.StepBody.Kernel, new fb.KernelT('inner', [0], [3], [], 0, 32, 1)),
  ],
  ['a kernel whose step has no op', 'op', (p) => (inner(p, 0).op = 60_000)],
  ['a kernel whose step names no node', 'index', (p) => (at(kernel(p).steps, 0).nodes = [9])],
  ['a kernel without steps', 'write', (p) => (kernel(p).steps = [])],
  ['a kernel without the step that writes its output', 'write', (p) => kernel(p).steps.pop()],
  ['a kernel whose output is an input', 'write', (p) => (kernel(p).outputs = [0])],
  [
    'a kernel whose step writes an output of the entry',
    'write',
    (p) => (inner(p, 2).outputs = [4]),
  ],
  ['a kernel whose step reads what is no input', 'read', (p) => (kernel(p).inputs = [])],
  ['a kernel whose steps are in no order', 'read', (p) => void kernel(p).steps.reverse()],
  ['a kernel that reads before somebody writes', 'read', (p) => kernel(p).inputs.push(3)],
  ['a step that reads within a kernel', 'read', (p) => (after(p).inputs = [2])],
  ['a step before the kernel that it reads', 'read', (p) => void steps(p, mlx, norm).reverse()],
];
