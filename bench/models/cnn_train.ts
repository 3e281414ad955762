import { f32, i32, losses, nn, optim, trainStep } from 'vorab';
import { sizes } from '../sizes.ts';

const { batch, hw, c1, c2, fc } = sizes<'batch' | 'hw' | 'c1' | 'c2' | 'fc'>('cnn_train');
const quarter = Math.floor(Math.floor(hw / 2) / 2);

const net = nn.sequential(
  nn.conv2d(1, c1, 3, { padding: 'SAME' }),
  nn.relu(),
  nn.maxPool2d(2),
  nn.conv2d(c1, c2, 3, { padding: 'SAME' }),
  nn.relu(),
  nn.maxPool2d(2),
  nn.flatten(),
  nn.linear(quarter * quarter * c2, fc),
  nn.relu(),
  nn.linear(fc, 10),
);

export const run = trainStep({
  inputs: { x: f32(batch, hw, hw, 1), y: i32(batch) },
  loss: ({ x, y }) => losses.crossEntropy(net(x), y),
  optimizer: optim.adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
});
