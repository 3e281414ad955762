import { expect, test } from 'vitest';
import { sample } from '../test/sample.ts';
import { kernelSample } from '../test/sample-kernel.ts';
import { scalarText } from './dump/text.ts';
import { dump, fb, read } from './index.ts';

test('a program as text', async () => {
  await expect(dump(read(sample().build()))).toMatchFileSnapshot('../test/sample.txt');
});

test('a kernel as text: its launch, its steps, its source', () => {
  const text = dump(kernelSample().program);
  expect(text).toContain('%3 = vorab_max_sub %0');
  expect(text).toContain('32 threads for each of N rows, 8 in a threadgroup');
  expect(text).toContain('%2 = broadcast %1');
  expect(text).toContain('| y0[0] = x0[0];');
});

test('a program that leads nowhere is still told', () => {
  const { program } = sample();
  program.types = [];
  program.exprs = [];
  program.locations = [];
  program.strings = [];
  program.entries = [];
  expect(dump(program)).toContain('%0: ? input 0');
});

test('an expr of exponential length is told by its index', () => {
  const builder = sample();
  let expr = builder.symbolExpr(0);
  for (let i = 0; i < 60; i++) expr = builder.expr(fb.ExprKind.Add, 0, expr, expr);
  builder.type(fb.DType.F32, [expr]);
  expect(dump(builder.program).length).toBeLessThan(20_000);
});

test('scalars of every dtype', () => {
  const { Bool, U8, I8, U32, I32, I64, F16, BF16, F32, F64 } = fb.DType;
  const cases: [bigint, fb.DType, string][] = [
    [1n, Bool, 'true'],
    [255n, U8, '255'],
    [255n, I8, '-1'],
    [0xffffffffn, U32, '4294967295'],
    [0xffffffffn, I32, '-1'],
    [2n ** 64n - 1n, I64, '-1'],
    [0x3c00n, F16, '1'],
    [0x8000n, F16, '-0'],
    [0x7c00n, F16, 'Infinity'],
    [0x0001n, F16, String(2 ** -24)],
    [0x3fc0n, BF16, '1.5'],
    [0xbf800000n, F32, '-1'],
    [0x3ff0000000000000n, F64, '1'],
  ];
  for (const [bits, dtype, text] of cases) expect(scalarText(bits, dtype)).toBe(text);
});
