import { f32, program } from 'vorab';
import { sizes } from '../sizes.ts';

const { n } = sizes<'n'>('chain');

export const run = program({ x: f32(n), y: f32(n) }, ({ x, y }) => ({
  z: x.mul(1.1).add(0.3).gelu({ approximate: 'tanh' }).mul(y.sigmoid()).add(x),
}));
