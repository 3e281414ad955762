import { dim, f32, i32, losses, nn, optim, program, reshape, type Tensor, trainStep } from 'vorab';

const N = dim('N', { max: 512 });

const net = nn.sequential(
  nn.conv2d(1, 16, 3, { padding: 'SAME' }),
  nn.relu(),
  nn.conv2d(16, 32, 3, { padding: 'SAME' }),
  nn.relu(),
  nn.maxPool2d(2),
  nn.flatten(),
  nn.dropout(0.25),
  nn.linear(4 * 4 * 32, 64),
  nn.relu(),
  nn.linear(64, 10),
);

const logits = (image: Tensor): Tensor => net(reshape(image, [N, 8, 8, 1]));

/** Class probabilities of digits as images of one channel. */
export const classify = program({ image: f32(N, 64) }, ({ image }) => ({
  probs: logits(image).softmax(),
}));

/** One step of training on a batch of images and their digits. */
export const fit = trainStep({
  inputs: { image: f32(N, 64), label: i32(N) },
  loss: ({ image, label }) => losses.crossEntropy(logits(image), label),
  optimizer: optim.adamW({
    learningRate: optim.warmupCosine({ peak: 4e-3, warmup: 30, steps: 345 }),
  }),
});
