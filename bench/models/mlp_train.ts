import { f32, i32, losses, nn, optim, trainStep } from 'vorab';
import { sizeList, sizes } from '../sizes.ts';

const { batch } = sizes<'batch'>('mlp_train');
const widths = sizeList('mlp_train', 'sizes');
const layers = widths.slice(1).map((width, i) => nn.linear(widths[i] as number, width));

export const run = trainStep({
  inputs: { x: f32(batch, widths[0] as number), y: i32(batch) },
  loss: ({ x, y }) => {
    const hidden = layers.slice(0, -1).reduce((h, layer) => layer(h).relu(), x);
    return losses.crossEntropy((layers.at(-1) as (typeof layers)[0])(hidden), y);
  },
  optimizer: optim.adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
});
