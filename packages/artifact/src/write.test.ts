import { ByteBuffer } from 'flatbuffers';
import { expect, test } from 'vitest';
import { sample, withLargeConstant } from '../test/sample.ts';
import { ArtifactError, constantBytes, fb, ProgramBuilder, read, verify, write } from './index.ts';

test('the same program gives the same bytes', () => {
  expect(sample().build()).toEqual(sample().build());
});

test('what is read is what was written', () => {
  const builder = withLargeConstant(sample());
  const file = builder.build();
  const program = read(file);
  expect(program.functions).toEqual(builder.program.functions);
  expect(program.plans).toEqual(builder.program.plans);
  expect(program.exprs).toEqual(builder.program.exprs);
  expect(
    write(
      program,
      program.constants.map((_, i) => constantBytes(file, program, i)),
    ),
  ).toEqual(file);
});

test('small constants share a segment, large ones are aligned to 16 KiB', () => {
  const file = withLargeConstant(sample()).build();
  const { segments, constants } = read(file);
  expect(segments.map(({ alignment, length }) => [alignment, length])).toEqual([
    [64, 40n],
    [16384, 80000n],
  ]);
  expect(constants.map(({ segment, offset }) => [segment, offset])).toEqual([
    [0, 0n],
    [1, 0n],
  ]);
  const bias = new Float32Array(constantBytes(file, read(file), 0).slice().buffer);
  expect(bias).toEqual(new Float32Array(10).fill(0.5));
});

test('several small constants lie at multiples of 64', () => {
  const builder = new ProgramBuilder('vorab 0.1.0');
  const byte = builder.type(fb.DType.U8, [builder.literal(3)]);
  const first = builder.constant(new Uint8Array([1, 2, 3]), byte);
  const second = builder.constant(new Uint8Array([4, 5, 6]), byte);
  expect(builder.constant(new Uint8Array([1, 2, 3]), byte)).toBe(first);
  const file = builder.build();
  expect(verify(file)).toBeNull();
  expect(constantBytes(file, read(file), second)).toEqual(new Uint8Array([4, 5, 6]));
});

test('a program without anything is legal', () => {
  expect(verify(new ProgramBuilder('vorab 0.1.0').build())).toBeNull();
});

test('data must be given for every constant', () => {
  expect(() => write(sample().program, [])).toThrow('expected 1');
});

test('the builder stores equal things once', () => {
  const builder = new ProgramBuilder('vorab 0.1.0');
  expect(builder.string('a')).toBe(builder.string('a'));
  expect(builder.literal(3)).toBe(builder.literal(3));
  const four = builder.literal(4);
  expect(builder.type(fb.DType.F32, [four])).toBe(builder.type(fb.DType.F32, [four]));
  expect(builder.type(fb.DType.F32, [four])).not.toBe(builder.type(fb.DType.F64, [four]));
  expect(builder.location('a.ts', 1, 2)).toBe(builder.location('a.ts', 1, 2));
  expect(builder.program.files).toEqual(['a.ts']);
});

test('reading a bad file says why', () => {
  const file = sample().build();
  expect(() => read(file.subarray(0, 200))).toThrow(ArtifactError);
  expect(() => read(file.subarray(0, 200))).toThrow(`file: has 200 bytes, expected ${file.length}`);
});

test('a file can be read by the generated code alone', () => {
  const file = sample().build();
  const length = Number(new DataView(file.buffer).getBigUint64(24, true));
  const buffer = new ByteBuffer(file.subarray(128, 128 + length));
  expect(fb.Program.getRootAsProgram(buffer).producer()).toBe('vorab 0.1.0');
});
