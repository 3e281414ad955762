import { f32, program } from 'vorab';
import { sizes } from '../sizes.ts';

const { n } = sizes<'n'>('gemm');

export const run = program({ a: f32(n, n), b: f32(n, n) }, ({ a, b }) => ({ y: a.matmul(b) }));
