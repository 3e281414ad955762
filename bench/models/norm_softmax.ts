import { f32, layerNorm, program } from 'vorab';
import { sizes } from '../sizes.ts';

const { rows, cols } = sizes<'rows' | 'cols'>('norm_softmax');

export const run = program({ x: f32(rows, cols), g: f32(cols) }, ({ x, g }) => ({
  y: layerNorm(x, g, g).softmax(-1),
}));
