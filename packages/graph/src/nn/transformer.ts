import { userError } from '../fail.ts';
import type { Tensor } from '../node.ts';
import { gelu, relu, silu } from '../ops/activations.ts';
import { geglu, swiglu } from '../ops/gated.ts';
import { add } from '../ops/math.ts';
import type { MultiHeadAttention, MultiHeadAttentionOptions } from './attention.ts';
import { multiHeadAttention } from './attention.ts';
import { checkSize, dropout, layerNorm, linear } from './layers.ts';
import type { Module } from './module.ts';
import { module } from './module.ts';
import { rmsNorm } from './norms.ts';

/** Activations of the feed-forward part; the gated ones have a first layer of twice the size. */
export type FeedForwardActivation = 'gelu' | 'relu' | 'silu' | 'swiglu' | 'geglu';

const activations: Readonly<Record<FeedForwardActivation, (x: Tensor) => Tensor>> = {
  gelu: (x) => gelu(x),
  relu: (x) => relu(x),
  silu: (x) => silu(x),
  // The first half of swiglu and geglu is the value, the second the gate.
  swiglu: (x) => swiglu(x),
  geglu: (x) => geglu(x),
};

export interface FeedForwardOptions {
  /** Default 4 · size. */
  readonly hidden?: number;
  /** Default 'gelu'. */
  readonly activation?: FeedForwardActivation;
  /** Default true. */
  readonly bias?: boolean;
  /** In training, of the result; default 0. */
  readonly dropout?: number;
}

type Apply = (x: Tensor) => Tensor;

export interface FeedForwardMembers {
  readonly up: Apply;
  readonly down: Apply;
}

/**
 * Two linear layers with an activation between them: `[..., size]` to the same.
 *
 *     const mlp = nn.feedForward(512, { hidden: 1376, activation: 'swiglu', bias: false });
 *
 * @throws GraphError when a size is not a positive integer, or there is no such activation.
 */
export function feedForward(
  size: number,
  options: FeedForwardOptions = {},
): Module<FeedForwardMembers, readonly [x: Tensor], Tensor> {
  const { hidden = 4 * size, activation = 'gelu', bias = true } = options;
  checkSize('nn.feedForward: hidden', hidden);
  const act = activations[activation] as Apply | undefined;
  if (!act) {
    throw userError({
      code: 'layer',
      message: `nn.feedForward: there is no activation '${activation}'`,
      cure: `one of ${Object.keys(activations).join(', ')}`,
    });
  }
  const gated = activation === 'swiglu' || activation === 'geglu';
  const members = {
    up: linear(size, gated ? 2 * hidden : hidden, { bias }),
    down: linear(hidden, size, { bias }),
  };
  const drop = dropout(options.dropout ?? 0);
  return module(members, ({ up, down }, x: Tensor) => drop(down(act(up(x)))));
}

export interface TransformerBlockOptions
  extends FeedForwardOptions,
    Omit<MultiHeadAttentionOptions, 'contextSize' | 'init'> {
  /** Default 'layerNorm'. */
  readonly norm?: 'layerNorm' | 'rmsNorm';
  /** Whether it also attends to a context, as decoders do; default false. */
  readonly cross?: boolean;
}

export interface TransformerOptions extends TransformerBlockOptions {
  readonly layers: number;
}

/** What a block gets besides x. */
export interface TransformerInputs {
  /** For blocks with `cross`: `[batch, other length, size]`. */
  readonly context?: Tensor;
  /** Of the self-attention; see `scaledDotProductAttention`. */
  readonly mask?: Tensor;
  /** Of the attention to the context. */
  readonly contextMask?: Tensor;
}

export interface TransformerBlockMembers {
  readonly norm1: Apply;
  readonly attention: MultiHeadAttention;
  readonly crossNorm?: Apply;
  readonly crossAttention?: MultiHeadAttention;
  readonly norm2: Apply;
  readonly mlp: Apply;
}

export type TransformerBlock = Module<
  TransformerBlockMembers,
  readonly [x: Tensor, inputs?: TransformerInputs],
  Tensor
>;

const normOf = (kind: 'layerNorm' | 'rmsNorm', size: number): Apply =>
  kind === 'rmsNorm' ? rmsNorm(size) : layerNorm(size);

/**
 * A transformer block with the norms first (Xiong et al. 2020): x + attention(norm(x)), then x + mlp(norm(x)); with
 * `cross` an attention to a context between them. `[batch, length, size]` to the same.
 *
 *     const block = nn.transformerBlock(512, 8, { causal: true, rope: true, norm: 'rmsNorm', activation: 'swiglu' });
 *
 * @throws GraphError when sizes do not fit together; on use, when a context is missing or not asked for.
 */
export function transformerBlock(
  size: number,
  heads: number,
  options: TransformerBlockOptions = {},
): TransformerBlock {
  const { norm = 'layerNorm', cross = false } = options;
  const { causal: _, rope: __, ...others } = options;
  const members: TransformerBlockMembers = {
    norm1: normOf(norm, size),
    attention: multiHeadAttention(size, heads, options),
    ...(cross && {
      crossNorm: normOf(norm, size),
      crossAttention: multiHeadAttention(size, heads, others),
    }),
    norm2: normOf(norm, size),
    mlp: feedForward(size, options),
  };
  const drop = dropout(options.dropout ?? 0);
  return module(
    members,
    (held: TransformerBlockMembers, x: Tensor, given: TransformerInputs = {}) => {
      const { mask, context, contextMask } = given;
      const attended = held.attention(held.norm1(x), { ...(mask && { mask }) });
      let y = add(x, drop(attended));
      const { crossNorm, crossAttention } = held;
      checkContext(crossAttention !== undefined, context);
      if (crossNorm && crossAttention && context) {
        const own = { context, ...(contextMask && { mask: contextMask }) };
        y = add(y, drop(crossAttention(crossNorm(y), own)));
      }
      return add(y, held.mlp(held.norm2(y)));
    },
  );
}

function checkContext(wanted: boolean, context: Tensor | undefined): void {
  if (wanted === (context !== undefined)) return;
  throw userError({
    code: 'layer',
    message: wanted
      ? 'nn.transformerBlock: it attends to a context, but none is given'
      : 'nn.transformerBlock: a context is given, but it does not attend to one',
    cure: wanted ? 'call it as block(x, { context })' : 'make it with { cross: true }',
  });
}

export interface TransformerMembers {
  readonly blocks: readonly TransformerBlock[];
  readonly norm: Apply;
}

/**
 * Transformer blocks one after another, and a last norm: `[batch, length, size]` to the same. An encoder as it is, a
 * language model with `causal`, a decoder with `causal` and `cross`.
 *
 *     const encoder = nn.transformer(512, 8, { layers: 6, dropout: 0.1 });
 *     const decoder = nn.transformer(512, 8, { layers: 6, causal: true, cross: true });
 *     const y = decoder(target, { context: encoder(source) });
 *
 * @throws GraphError when sizes do not fit together; on use, when a context is missing or not asked for.
 */
export function transformer(
  size: number,
  heads: number,
  options: TransformerOptions,
): Module<TransformerMembers, readonly [x: Tensor, inputs?: TransformerInputs], Tensor> {
  checkSize('nn.transformer: layers', options.layers);
  const members: TransformerMembers = {
    blocks: Array.from({ length: options.layers }, () => transformerBlock(size, heads, options)),
    norm: normOf(options.norm ?? 'layerNorm', size),
  };
  return module(
    members,
    ({ blocks, norm }: TransformerMembers, x: Tensor, given?: TransformerInputs) =>
      norm(blocks.reduce((y, block) => block(y, given), x)),
  );
}
