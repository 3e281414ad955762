import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from './npy.ts';
import { formatBytes, table, toJson } from './output.ts';
import { fromJson, randomValue, splitPair } from './values.ts';
import { version } from './version.ts';

describe('.npy', () => {
  it.each([
    { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, -2.5, 3, 0, 5, 6) },
    { dtype: 'i64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) },
    { dtype: 'bool', shape: [1, 2], data: Uint8Array.of(0, 1) },
    { dtype: 'f64', shape: [], data: Float64Array.of(Math.PI) },
    { dtype: 'f16', shape: [0], data: new Uint16Array(0) },
    { dtype: 'bf16', shape: [2], data: Uint16Array.of(0x3f80, 0xff80) },
  ] as const)('$dtype $shape is read as it was written', (value) => {
    const bytes = writeNpy(value);
    expect(readNpy(bytes, 'x.npy', value.dtype)).toEqual(value);
    expect((bytes.length - value.data.byteLength) % 64).toBe(0);
  });

  it('has the header that NumPy writes', () => {
    const bytes = writeNpy({ dtype: 'f32', shape: [3], data: new Float32Array(3) });
    const header = Buffer.from(bytes).toString('latin1', 10, 128).trimEnd();
    expect(header).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
  });

  it.each([
    [Buffer.from('PK'), /x\.npy: not a \.npy file/],
    [changed("'<f4'", "'>f4'"), /holds '>f4', which no dtype stands for/],
    [changed('False', 'True '), /in Fortran order, expected C order/],
    [writeNpy(three()).subarray(0, -4), /2 elements, expected 3 for \[3\]/],
  ])('refuses what it cannot read (%#)', (bytes, message) => {
    expect(() => readNpy(bytes, 'x.npy')).toThrow(message);
  });
});

function three() {
  return { dtype: 'f32', shape: [3], data: new Float32Array(3) } as const;
}

function changed(from: string, to: string): Uint8Array {
  const text = Buffer.from(writeNpy(three())).toString('latin1');
  return Buffer.from(text.replace(from, to), 'latin1');
}

describe('values', () => {
  it('come from nested JSON', () => {
    expect(
      fromJson(
        [
          [1, 2],
          [3, 4],
        ],
        'i32',
        'x',
      ),
    ).toEqual({
      dtype: 'i32',
      shape: [2, 2],
      data: Int32Array.of(1, 2, 3, 4),
    });
    expect(fromJson([1, -2], 'f16', 'x').data).toEqual(Uint16Array.of(0x3c00, 0xc000));
    expect(fromJson([1, -2], 'bf16', 'x').data).toEqual(Uint16Array.of(0x3f80, 0xc000));
    expect(fromJson(true, 'bool', 'x').data).toEqual(Uint8Array.of(1));
    expect(() => fromJson([[1], [2, 3]], 'f32', 'x')).toThrow(
      /x: 2 elements at depth 1, expected 1/,
    );
    expect(() => fromJson([1, 'a'], 'f32', 'x')).toThrow(/x: "a" at depth 1, expected a number/);
  });

  it('are random, and equal for equal seeds', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => randomValue('f32', [100], seed).data);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(new Set(randomValue('bf16', [50], 3).data as Uint16Array).size).toBeGreaterThan(30);
    expect(randomValue('i32', [50], 3).data.every((x) => x >= 0 && x < 10)).toBe(true);
  });

  it('are named by what is before the first =', () => {
    expect(splitPair('-i', 'x=a=b')).toEqual(['x', 'a=b']);
    expect(() => splitPair('-i', '=a')).toThrow('-i =a: expected name=value');
  });
});

describe('output', () => {
  it('aligns columns, and keeps exact numbers', () => {
    expect(
      table([
        ['a', 'bb', 'c'],
        ['aaa', 'b', ''],
      ]),
    ).toEqual(['a    bb  c', 'aaa  b']);
    expect(toJson([1n, 2n ** 60n])).toBe('[\n  1,\n  "1152921504606846976"\n]');
    expect([512, 2048, 150 * 1024 * 1024].map(formatBytes)).toEqual([
      '512 B',
      '2.00 KiB',
      '150.0 MiB',
    ]);
  });

  it("prints the package's version", () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect(version).toBe((JSON.parse(manifest) as { version: string }).version);
  });
});
