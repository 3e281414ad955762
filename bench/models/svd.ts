import { f32, program, svd } from 'vorab';
import { sizes } from '../sizes.ts';

const { n } = sizes<'n'>('svd');

export const run = program({ a: f32(n, n) }, ({ a }) => {
  const { u, s, vt } = svd(a);
  return { s, u, vt };
});
