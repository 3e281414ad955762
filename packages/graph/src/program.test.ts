import { describe, expect, test } from 'vitest';
import { randomKey, update } from './context.ts';
import { dim } from './dim.ts';
import { nameStates } from './naming.ts';
import * as nn from './nn/index.ts';
import type { Tensor } from './node.ts';
import { sumAxes } from './ops/axes.ts';
import { iota, sizeOf } from './ops/leaves.ts';
import { add, mul } from './ops/math.ts';
import { uniform } from './ops/random.ts';
import { isProgram, program, traceInit } from './program.ts';
import { hyper, parameter, state } from './state.ts';
import { f32, i32, u32 } from './types.ts';

const N = dim('N', { max: 256 });

describe('a program', () => {
  test('gives inputs, outputs, updates and states in the order of first use', () => {
    const b = parameter(f32(4), 0);
    const a = state(i32(), 0);
    const unread = state(i32(), 0);
    const traced = program({ x: f32(N, 4) }, ({ x }) => {
      update(unread, 1);
      update(a, add(a, 1));
      return { y: add(x, b), count: a };
    }).trace();
    expect(traced.inputs.map((i) => `${i.name} ${i.tensor}`)).toEqual(['x f32[N, 4]']);
    expect(traced.outputs.map((o) => `${o.name} ${o.tensor}`)).toEqual([
      'y f32[N, 4]',
      'count i32[]',
    ]);
    expect(traced.updates.map((u) => u.state.tensor)).toEqual([unread, a]);
    expect(traced.states.map((s) => s.tensor)).toEqual([b, a, unread]);
  });

  test('reading a state after its update gives the old value', () => {
    const count = state(i32(), 0);
    const traced = program({}, () => {
      update(count, add(count, 1));
      return { count };
    }).trace();
    expect(traced.outputs[0]?.tensor).toBe(count);
  });

  test('traces the same graph each time, with the same states', () => {
    const net = nn.sequential(nn.linear(4, 2), nn.dropout(0.5));
    const entry = program({ x: f32(N, 4) }, ({ x }) => ({ y: net(x) }), { training: true });
    expect(entry.trace().states).toEqual(entry.trace().states);
  });

  test('is known by its mark, not by its class', () => {
    const entry = program({ x: f32(N) }, ({ x }) => ({ x }));
    expect(isProgram(entry)).toBe(true);
    expect(isProgram({ [Symbol.for('vorab.program')]: true })).toBe(true);
    expect([null, 1, {}, () => 1].some(isProgram)).toBe(false);
  });

  test('knows the names of its inputs and outputs in TypeScript', () => {
    const entry = program({ x: f32(N), label: i32(N) }, ({ x }) => ({ y: mul(x, 2) }));
    const dtypes: readonly ['f32', 'i32'] = [
      entry.inputTypes.x.dtype,
      entry.inputTypes.label.dtype,
    ];
    const twice = program({ x: f32(N), label: i32(N) }, (inputs) => ({ z: entry.body(inputs).y }));
    expect(dtypes).toEqual(['f32', 'i32']);
    expect(twice.trace().outputs.map((o) => o.name)).toEqual(['z']);
    // @ts-expect-error: there is no input `image`
    expect(() => program({ x: f32(N) }, ({ image }) => ({ image })).trace()).toThrow(/undefined/);
  });

  test('may use another; its updates become those of the outer one', () => {
    const count = state(i32(), 0);
    const inner = program({ x: f32() }, ({ x }) => {
      update(count, add(count, 1));
      return { y: mul(x, 2) };
    });
    const outer = program({ x: f32() }, ({ x }) => inner.body({ x: inner.body({ x }).y }));
    expect(() => outer.trace()).toThrow(/second update/);
    const once = program({ x: f32() }, ({ x }) => ({ z: inner.body({ x }).y }));
    expect(once.trace().updates).toHaveLength(1);
  });

  test('draws from the shared key, split once', () => {
    const traced = program({}, () => ({
      a: uniform(randomKey(), [2]),
      b: uniform(randomKey(), [2]),
    })).trace();
    expect(traced.updates).toHaveLength(1);
    expect(traced.states.map((s) => nameStates([s], () => 'no').get(s))).toEqual(['rng']);
    const [a, b] = traced.outputs;
    expect(a?.tensor.node).not.toBe(b?.tensor.node);
  });
});

describe('dropout', () => {
  const net = nn.dropout(0.5);
  const entry = (training: boolean) =>
    program({ x: f32(N) }, ({ x }) => ({ y: net(x) }), { training });

  test('is the identity with training off', () => {
    const traced = entry(false).trace();
    expect(traced.outputs[0]?.tensor).toBe(traced.inputs[0]?.tensor);
    expect(traced.updates).toEqual([]);
  });

  test('draws with training on', () => {
    const traced = entry(true).trace();
    expect(traced.states).toHaveLength(1);
    expect(traced.updates).toHaveLength(1);
  });
});

test('init gives each state a key that depends on its name alone', () => {
  const a = nn.linear(4, 2);
  const b = nn.linear(4, 2);
  const lr = hyper('lr', 0.5);
  const { states } = program({ x: f32(4) }, ({ x }) => ({ y: mul(add(a(x), b(x)), lr) })).trace();
  const names = nameStates(states, () => 'net');
  const init = traceInit(states, names);
  expect(init.inputs.map((i) => `${i.name} ${i.tensor}`)).toEqual(['seed u32[2]']);
  expect(init.states).toEqual(states);
  expect(init.updates.map((u) => String(u.value))).toEqual(states.map((s) => String(s.tensor)));
});

describe('errors have the line of the user and a cure:', () => {
  const refuses = (make: () => unknown, message: RegExp): void => {
    expect(make).toThrow(message);
    expect(make).toThrow(/^\S*program\.test\.ts:\d+:\d+: /);
  };
  const tracing = (body: (inputs: { readonly x: Tensor }) => unknown) => () =>
    program({ x: f32(N) }, body as never).trace();

  test('inputs', () => {
    refuses(() => program({ 'a b': f32() }, () => ({})), /input 'a b' is not an identifier/);
    refuses(() => program({ x: 3 as never }, () => ({})), /input 'x' is a number, expected a type/);
    refuses(() => program([] as never, () => ({})), /the inputs are an array/);
    refuses(() => f32(1.5), /1\.5 is not an extent/);
  });

  test('dims', () => {
    const other = dim('N', { max: 8 });
    refuses(
      () => program({ x: f32(N), y: f32(other) }, () => ({})),
      /dim N has two different bounds/,
    );
    refuses(
      tracing(() => ({ y: iota([other], 0) })),
      /dim N has two different bounds/,
    );
    const M = dim('M', { max: 8 });
    refuses(
      tracing(() => ({ y: sizeOf(M) })),
      /dim M is in no input's type/,
    );
  });

  test('outputs', () => {
    refuses(
      tracing(({ x }) => x),
      /returned a tensor f32\[N\], expected an object.*\n.*\(\{ y \}\)/,
    );
    refuses(
      tracing(() => undefined),
      /returned undefined/,
    );
    refuses(
      tracing(() => Promise.resolve({})),
      /returned a promise/,
    );
    refuses(
      tracing(() => ({ y: 3 })),
      /output 'y' is a number, expected a tensor\n.*full\(3, \[\]\)/,
    );
    refuses(
      tracing(({ x }) => ({ y: { x } })),
      /output 'y' is an object/,
    );
  });

  test('an input of another program', () => {
    let stolen: Tensor | undefined;
    program({ z: f32(N) }, ({ z }) => {
      stolen = z;
      return { z };
    }).trace();
    refuses(
      tracing(({ x }) => ({ y: add(x, stolen as Tensor) })),
      /input 'z' of another program/,
    );
  });

  test('updates', () => {
    const count = state(i32(), 0);
    const rate = hyper('lr', 1);
    refuses(() => update(count, 1), /update\(\) outside a program/);
    refuses(() => randomKey(), /randomKey\(\) outside a program/);
    refuses(
      tracing(({ x }) => {
        update(x, x);
        return {};
      }),
      /update of f32\[N\], which is not a state/,
    );
    refuses(
      tracing(() => {
        update(rate, 2);
        return {};
      }),
      /update of a hyper-parameter/,
    );
    refuses(
      tracing(({ x }) => {
        update(count, sumAxes(x, [0]));
        return {};
      }),
      /update of a state of type i32\[\] with f32\[\]/,
    );
    refuses(
      tracing(() => {
        update(count, 1);
        update(count, 2);
        return {};
      }),
      /second update of the same state; the first is at \S+program\.test\.ts:\d+/,
    );
  });

  test('states', () => {
    refuses(() => state(f32(N), 0), /extent N is symbolic/);
    refuses(
      tracing(({ x }) => ({ y: nn.linear(4, 2)(x) })),
      /a parameter is made inside a program/,
    );
    refuses(() => hyper('my rate', 1), /'my rate' is not a name/);
    const wrong = state(f32(2), (key) => key);
    const { states } = program({}, () => ({ wrong })).trace();
    refuses(() => traceInit(states, new Map()), /initialiser gives u32\[2\], expected f32\[2\]/);
    expect(String(state(u32(2), (key) => key))).toBe('u32[2]');
  });
});
