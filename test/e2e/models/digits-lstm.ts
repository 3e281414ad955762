import type { Tensor } from 'vorab';
import { dim, f32, i32, losses, nn, optim, program, reshape, trainStep } from 'vorab';

const N = dim('N', { max: 512 });
const rows = 8;
const rnn = nn.lstm(rows, 64, { layers: 3 });
const head = nn.linear(64, 10);

/** An image as a sequence of its rows. */
function read(image: Tensor): Tensor {
  const { state } = rnn(reshape(image, [N, rows, rows]));
  return head((state.at(-1) ?? { h: image }).h);
}

/** Class probabilities of 8×8 digit images. */
export const classify = program({ image: f32(N, 64) }, ({ image }) => ({
  probs: read(image).softmax(),
}));

export const fit = trainStep({
  inputs: { image: f32(N, 64), label: i32(N) },
  loss: ({ image, label }) => losses.crossEntropy(read(image), label),
  optimizer: optim.adamW({
    weightDecay: 0.1,
    learningRate: optim.warmupCosine({ peak: 5e-3, warmup: 50, steps: 40 * 23 }),
  }),
  clip: optim.clipByGlobalNorm(1),
});
