import { dim, f32, i32, losses, nn, optim, program, trainStep } from 'vorab';

const N = dim('N', { max: 256 });
const net = nn.sequential(nn.linear(64, 128), nn.gelu(), nn.dropout(0.1), nn.linear(128, 10));

/** Class probabilities of 8×8 digit images. */
export const classify = program({ image: f32(N, 64) }, ({ image }) => ({
  probs: net(image).softmax(),
}));

/** One step of training on a batch of images and their digits. */
export const fit = trainStep({
  inputs: { image: f32(N, 64), label: i32(N) },
  loss: ({ image, label }) => losses.crossEntropy(net(image), label),
  optimizer: optim.adamW({
    learningRate: optim.warmupCosine({ peak: 3e-3, warmup: 50, steps: 600 }),
  }),
});
