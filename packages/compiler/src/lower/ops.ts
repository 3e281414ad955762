import type { Node, Tensor } from '@vorab/graph';
import { opNamed, tensorKey } from '@vorab/graph';
import type { StepGraph } from '../entry-graph.ts';
import { nodesOf } from '../entry-graph.ts';
import type { Target } from '../targets/target.ts';
import type { Lowered } from './arena.ts';
import type { Buffer, Operand, Place, Step } from './ir.ts';

/** Lowers a decomposed entry to one step per op, over arrays that the target holds itself. */
export function lowerToOps(graph: StepGraph, target: Target): Lowered {
  const buffers: Buffer[] = [];
  const held = new Map<string, Buffer>();
  const add = (t: Tensor, place: Place): Buffer => {
    const buffer = { id: buffers.length, type: t.type, place };
    buffers.push(buffer);
    return buffer;
  };
  for (const [index, { tensor }] of graph.inputs.entries()) {
    held.set(tensorKey(tensor), add(tensor, { kind: 'input', index }));
  }
  for (const state of graph.states)
    held.set(tensorKey(state.tensor), add(state.tensor, { kind: 'state', state }));
  const operand = (t: Tensor): Operand => ({
    buffer: held.get(tensorKey(t)) as Buffer,
    shape: t.shape,
  });
  const steps: Step[] = [];
  for (const node of nodesOf(graph)) {
    if (held.has(`${node.id}.0`)) continue;
    if ('data' in node.attrs && node.op.kind === 'leaf') {
      held.set(`${node.id}.0`, add(node.outputs()[0] as Tensor, { kind: 'constant', node }));
      continue;
    }
    const inputs = node.inputs.map(operand);
    for (const t of node.outputs()) held.set(tensorKey(t), add(t, { kind: 'device' }));
    steps.push(applyStep(node, inputs, node.outputs().map(operand), target));
  }
  const bind = (t: Tensor, from: Operand, place: Place): Operand => {
    const to = {
      buffer:
        place.kind === 'state'
          ? (held.get(tensorKey(place.state.tensor)) as Buffer)
          : add(t, place),
      shape: t.shape,
    };
    steps.push(bindStep(t, from, to));
    return to;
  };
  for (const [index, { tensor }] of graph.outputs.entries()) {
    bind(tensor, operand(tensor), { kind: 'output', index });
  }
  // All old values are taken before the first new one is bound: two states may exchange theirs.
  const taken = graph.updates.map(({ value }) =>
    operand(value).buffer.place.kind === 'state'
      ? bind(value, operand(value), { kind: 'device' })
      : operand(value),
  );
  for (const [i, { state, value }] of graph.updates.entries()) {
    bind(value, taken[i] as Operand, { kind: 'state', state });
  }
  return { steps, buffers };
}

// A reshape to the same shape: a new name for the array, no work.
function bindStep(t: Tensor, from: Operand, to: Operand): Step {
  const what =
    to.buffer.place.kind === 'state'
      ? 'state'
      : to.buffer.place.kind === 'output'
        ? 'output'
        : 'value';
  return {
    body: {
      kind: 'apply',
      op: opNamed('reshape'),
      attrs: { shape: t.shape },
      inputs: [from],
      outputs: [to],
    },
    name: `bind ${what}`,
    reason: 'a result gets its name; nothing moves',
    border: '',
    nodes: [t.node],
  };
}

function applyStep(
  node: Node,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  target: Target,
): Step {
  const whole = node.op.kind === 'composite' ? ', whole' : '';
  return {
    body: { kind: 'apply', op: node.op, attrs: node.attrs, inputs, outputs },
    name: node.op.name,
    reason: target.onHost(node.op)
      ? `${node.op.name} runs on the CPU by LAPACK, whose failures name the matrix`
      : `${target.name} has its own ${node.op.name}${whole}`,
    border: `${target.name} joins steps itself where it compiles a function`,
    nodes: [node],
  };
}
