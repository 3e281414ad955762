import { expect, test } from 'vitest';
import type { CallSite } from './location.ts';
import { captureCallSites } from './location.ts';
import { fnv1a32, nameStates } from './naming.ts';
import * as nn from './nn/index.ts';
import type { Tensor } from './node.ts';
import { hyper, parameter, type StateVariable, state, stateOf } from './state.ts';
import { f32, i32 } from './types.ts';

const states = (...tensors: readonly Tensor[]): readonly StateVariable[] =>
  tensors.flatMap((t) => stateOf(t) ?? []);

const namesOf = (
  tensors: readonly Tensor[],
  root: (sites: readonly CallSite[]) => string | undefined,
): readonly string[] => {
  const found = states(...tensors);
  const names = nameStates(found, root);
  return found.map((s) => names.get(s) ?? '');
};

test('containers name what they hold by position and key, under the variable that holds them', () => {
  const net = nn.sequential(
    nn.linear(2, 3),
    nn.relu(),
    nn.module({ norm: nn.layerNorm(3), ups: [nn.linear(3, 1)] }, ({ norm, ups: [up] }, x: Tensor) =>
      up(norm(x)),
    ),
  );
  expect(namesOf(nn.parameters(net), () => 'net')).toEqual([
    'net.0.weight',
    'net.0.bias',
    'net.2.norm.weight',
    'net.2.norm.bias',
    'net.2.ups.0.weight',
    'net.2.ups.0.bias',
  ]);
});

test('a module keeps the place that it got first', () => {
  const body = nn.linear(2, 2);
  const first = nn.sequential(body);
  const second = nn.sequential(nn.relu(), body);
  expect(namesOf(nn.parameters(first, second), () => 'net')).toEqual([
    'net.0.weight',
    'net.0.bias',
  ]);
});

test('the root is asked for the place of the outermost module', () => {
  const asked: number[] = [];
  const inner = nn.linear(1, 1, { bias: false });
  const [here] = captureCallSites();
  const outer = nn.sequential(inner);
  namesOf(nn.parameters(outer), (sites) => {
    asked.push(...sites.slice(0, 1).map((site) => site.line));
    return 'outer';
  });
  expect(asked).toEqual([(here?.line ?? 0) + 1]);
});

test('equal names are numbered in the order of creation, whatever the order of asking', () => {
  const block = (): Tensor => parameter(f32(2), 0, { name: 'scale' });
  const [a, b, c] = [block(), block(), block()];
  expect(namesOf([c, a, b], () => 'net')).toEqual(['net.scale.2', 'net.scale', 'net.scale.1']);
});

test('a variable of the same name is not repeated; without a variable the path stands alone', () => {
  const count = state(i32(), 0, { name: 'count' });
  expect(namesOf([count], () => 'count')).toEqual(['count']);
  expect(namesOf([count], () => undefined)).toEqual(['count']);
  expect(namesOf([state(i32(), 0)], () => undefined)).toEqual(['state']);
  expect(namesOf([hyper('lr', 0.1)], () => 'rate')).toEqual(['lr']);
});

test('objects with forward are layers, and name what they hold', () => {
  class Scale {
    readonly gain: Tensor = parameter(f32(2), 1);
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const net = nn.sequential(nn.relu(), new Scale());
  expect(namesOf(nn.parameters(net), () => 'net')).toEqual(['net.1.gain']);
});

test('plain functions hide their parameters, and the error says so', () => {
  const hidden = nn.linear(1, 1);
  expect(() => nn.parameters((x: Tensor) => hidden(x))).toThrow(
    /naming\.test\.ts:\d+:\d+: nn\.parameters: no parameter .*\n {2}fix: .*nn\.module/,
  );
});

test('fnv1a32 has the published values', () => {
  expect(fnv1a32('')).toBe(0x811c9dc5);
  expect(fnv1a32('a')).toBe(0xe40c292c);
  expect(fnv1a32('foobar')).toBe(0xbf9cf968);
});
