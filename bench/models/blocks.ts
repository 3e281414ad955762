import { nn, scaledDotProductAttention, type Tensor } from 'vorab';

/** What the encoder and the GPT have in common: attention and two layers with gelu, each beside a residual. */
export interface BlockOptions {
  readonly dim: number;
  readonly heads: number;
  readonly ffn: number;
  readonly causal: boolean;
  /** Whether what enters a part is normalised, or what leaves it. */
  readonly norm: 'before' | 'after';
}

/** A block of a transformer, over `f32[batch, length, dim]`. */
export function block({ dim, heads, ffn, causal, norm }: BlockOptions): (x: Tensor) => Tensor {
  const qkv = nn.linear(dim, 3 * dim);
  const out = nn.linear(dim, dim);
  const up = nn.linear(dim, ffn);
  const down = nn.linear(ffn, dim);
  const norms = [nn.layerNorm(dim), nn.layerNorm(dim)] as const;
  const attend = (x: Tensor): Tensor => {
    const [q, k, v] = split(qkv(x), heads);
    return out(merge(scaledDotProductAttention(q, k, v, { causal })));
  };
  const feed = (x: Tensor): Tensor => down(up(x).gelu());
  if (norm === 'before') {
    return (x) => {
      const h = x.add(attend(norms[0](x)));
      return h.add(feed(norms[1](h)));
    };
  }
  return (x) => {
    const h = norms[0](x.add(attend(x)));
    return norms[1](h.add(feed(h)));
  };
}

// [batch, length, 3 · dim] to three of [batch, heads, length, dim / heads].
function split(x: Tensor, heads: number): readonly [q: Tensor, k: Tensor, v: Tensor] {
  const [batch, length, wide] = x.shape as readonly [number, number, number];
  const all = x.reshape([batch, length, 3, heads, wide / 3 / heads]).transpose([2, 0, 3, 1, 4]);
  const part = (i: number): Tensor => all.slice([i], [i + 1]).squeeze(0);
  return [part(0), part(1), part(2)];
}

function merge(x: Tensor): Tensor {
  const [batch, heads, length, size] = x.shape as readonly [number, number, number, number];
  return x.transpose([0, 2, 1, 3]).reshape([batch, length, heads * size]);
}
