import { f32, i32, init, losses, nn, optim, parameter, trainStep } from 'vorab';
import { sizes } from '../sizes.ts';
import { block } from './blocks.ts';

const { layers, heads, dim, ctx, batch, vocab } = sizes<
  'layers' | 'heads' | 'dim' | 'ctx' | 'batch' | 'vocab'
>('gpt_train');
const tokens = nn.embedding(vocab, dim);
const positions = parameter(f32(ctx, dim), init.normal(0.02));
const options = { dim, heads, ffn: 4 * dim, causal: true, norm: 'before' } as const;
const blocks = Array.from({ length: layers }, () => block(options));
const norm = nn.layerNorm(dim);
const head = nn.linear(dim, vocab, { bias: false });

export const run = trainStep({
  inputs: { x: i32(batch, ctx), y: i32(batch, ctx) },
  loss: ({ x, y }) => {
    const h = blocks.reduce((h, layer) => layer(h), tokens(x).add(positions));
    return losses.crossEntropy(head(norm(h)), y);
  },
  optimizer: optim.adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
});
