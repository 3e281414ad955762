import { dump, verify } from '@vorab/artifact';
import { dim, f32, fn, grad, type Program, program, type Tensor } from '@vorab/graph';
import { expect, test } from 'vitest';
import { compilePrograms } from '../compile.ts';

const N = dim('N', { max: 8 });

const location = { file: 'model.ts', line: 1, column: 1 };

function compiled(programs: Readonly<Record<string, Program>>): string {
  const named = Object.entries(programs).map(([name, of]) => ({ name, program: of, location }));
  const relativePath = (): string => 'model.ts';
  const { bytes, program } = compilePrograms(named, { targets: ['blas', 'mlx'], relativePath });
  expect(verify(bytes)).toBeNull();
  return dump(program);
}

const functionsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /^(function| {2}(v\d|return))/.test(line))
    .map((line) => line.replace(/ {2}\/\/.*/, ''))
    .join('\n');

const inner = fn('inner', (x: Tensor) => x.tanh());
const outer = fn('outer', (x: Tensor) => inner(inner(x).mul(2)));

test('a function is written once, after all that call it, for all programs', () => {
  const text = compiled({
    once: program({ x: f32(N) }, ({ x }) => ({ y: outer(x) })),
    twice: program({ x: f32(N) }, ({ x }) => ({ y: outer(outer(inner(x))) })),
  });
  expect(functionsOf(text)).toMatchInlineSnapshot(`
    "function 0 once(v0: f32[N])
      v1: f32[N] = call v0 {function 2}
      return v1
    function 1 twice(v0: f32[N])
      v1: f32[N] = call v0 {function 3}
      v2: f32[N] = call v1 {function 2}
      v3: f32[N] = call v2 {function 2}
      return v3
    function 2 outer(v0: f32[N])
      v1: f32[N] = call v0 {function 3}
      v2: f32[] = full {2, f32, []}
      v3: f32[N] = broadcast v2 {[N], []}
      v4: f32[N] = mul v1 v3
      v5: f32[N] = call v4 {function 3}
      return v5
    function 3 inner(v0: f32[N])
      v1: f32[N] = tanh v0
      return v1"
  `);
});

test('a gradient is written once too', () => {
  const text = compiled({
    slope: program({ x: f32(N) }, ({ x }) => ({
      dx: grad(inner(inner(x)).sum(), [x])[0] as Tensor,
    })),
  });
  expect(functionsOf(text)).toMatchInlineSnapshot(`
    "function 0 slope(v0: f32[N])
      v1: f32[N] = call v0 {function 2}
      v2: f32[N] = full {1, f32, [N]}
      v3: f32[N] = call v1 v2 {function 1}
      v4: f32[N] = call v0 v3 {function 1}
      return v4
    function 1 gradient of inner(v0: f32[N], v1: f32[N])
      v2: f32[] = full {1, f32, []}
      v3: f32[N] = broadcast v2 {[N], []}
      v4: f32[N] = tanh v0
      v5: f32[N] = mul v4 v4
      v6: f32[N] = sub v3 v5
      v7: f32[N] = mul v1 v6
      return v7
    function 2 inner(v0: f32[N])
      v1: f32[N] = tanh v0
      return v1"
  `);
});
