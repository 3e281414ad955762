import { f32, program } from 'vorab';
import { sizes } from '../sizes.ts';
import { block } from './blocks.ts';

const { batch, layers, heads, dim, ffn, seq } = sizes<
  'batch' | 'layers' | 'heads' | 'dim' | 'ffn' | 'seq'
>('encoder_b1');
const options = { dim, heads, ffn, causal: false, norm: 'after' } as const;
const blocks = Array.from({ length: layers }, () => block(options));

export const run = program({ x: f32(batch, seq, dim) }, ({ x }) => ({
  y: blocks.reduce((h, layer) => layer(h), x),
}));
