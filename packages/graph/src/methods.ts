// Written by `npm run generate` from ops/index.ts. Do not edit.
// biome-ignore-all format: generated
import type { TensorLike } from './coerce.ts';
import type { Dim } from './dim.ts';
import type { DType } from './dtype.ts';
import { Tensor } from './node.ts';
import type { AttentionOptions } from './ops/attention.ts';
import type { BatchNormResult } from './ops/batch-norm.ts';
import type { ConvOptions, ConvTransposeOptions } from './ops/conv-builders.ts';
import type { PerAxis } from './ops/conv-shapes.ts';
import type { CumulativeOptions, RunningOptions } from './ops/cumulative.ts';
import type { DiagonalOptions } from './ops/diagonal.ts';
import type { Starts } from './ops/dynamic.ts';
import type { TensordotAxes } from './ops/einsum.ts';
import type { Complex } from './ops/fft.ts';
import type { FftNorm, FftOptions } from './ops/fourier.ts';
import * as ops from './ops/index.ts';
import type { SlogdetResult } from './ops/linalg/determinant.ts';
import type { EighResult, SymmetricOptions } from './ops/linalg/eigh.ts';
import type { LuFactors } from './ops/linalg/lu.ts';
import type { MatrixNormOrder } from './ops/linalg/norms.ts';
import type { RcondOptions } from './ops/linalg/pinv.ts';
import type { QrFactors } from './ops/linalg/qr.ts';
import type { SvdFactors, SvdOptions } from './ops/linalg/svd.ts';
import type { TriangularSolveOptions } from './ops/linalg/triangular.ts';
import type { LabelLossOptions } from './ops/loss.ts';
import type { NormOptions } from './ops/normalization.ts';
import type { LossOptions } from './ops/pointwise-loss.ts';
import type { AvgPoolOptions, PoolOptions } from './ops/pool-builders.ts';
import type { QuantileOptions } from './ops/quantile.ts';
import type { GruWeights, LstmState, LstmWeights } from './ops/recurrent.ts';
import type { Axes, ReduceOptions } from './ops/reduce.ts';
import type { InterpolateOptions } from './ops/resize.ts';
import type { RopeOptions } from './ops/rope.ts';
import type { HistogramOptions } from './ops/search.ts';
import type { PadMode } from './ops/slice.ts';
import type { SortOptions } from './ops/sort.ts';
import type { Suppressed, SuppressionOptions } from './ops/suppression.ts';

declare module './node.ts' {
  // The functions of ops, with the tensor as their first operand.
  interface Tensor {
    /** |x|; its derivative at 0 is 0. */
    abs(): Tensor;
    /** The angle in [0, π] whose cosine is x; NaN outside [−1, 1]. */
    acos(): Tensor;
    /** The inverse of cosh on [1, ∞); NaN below 1. */
    acosh(): Tensor;
    /**
     * The means of so many equal parts of each spatial axis: `[N, ...space, C]` to `[N, ...extents, C]`.
     *
     *     adaptiveAvgPool(x, [7, 7])                   // f32[N, 28, 28, 8] to f32[N, 7, 7, 8]
     *
     * @throws GraphError when an extent does not divide into equal parts.
     */
    adaptiveAvgPool(extents: PerAxis): Tensor;
    /** The largest elements of so many equal parts of each spatial axis; as `adaptiveAvgPool`. `adaptiveMaxPool(x, 7)` */
    adaptiveMaxPool(extents: PerAxis): Tensor;
    /** x + y. Takes numbers of one dtype; a literal takes the other operand's. `x.add(1)` */
    add(y: TensorLike): Tensor;
    /** Whether every element over axes (all by default) holds; of bool. */
    all(axes?: Axes, options?: ReduceOptions): Tensor;
    /** Whether an element over axes (all by default) holds; of bool. */
    any(axes?: Axes, options?: ReduceOptions): Tensor;
    /**
     * The index (i32) of the first largest element along an axis, the last by default; NaN counts as
     * largest.
     */
    argMax(axis?: number, options?: ReduceOptions): Tensor;
    /**
     * The index (i32) of the first smallest element along an axis, the last by default; NaN counts as
     * smallest.
     */
    argMin(axis?: number, options?: ReduceOptions): Tensor;
    /**
     * The indices (i32) that put the elements in order along an axis, the last by default; equal
     * elements keep their order. `takeAlongAxis(x, argsort(x))` is `sort(x)`.
     */
    argsort(axis?: number, options?: SortOptions): Tensor;
    /** The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]. */
    asin(): Tensor;
    /** The inverse of sinh. */
    asinh(): Tensor;
    /** At least one axis: a scalar becomes a vector of one element. */
    atLeast1d(): Tensor;
    /** At least two axes; new ones come first. */
    atLeast2d(): Tensor;
    /** At least three axes; as numpy's, a matrix gets its new one behind: [m, n] becomes [m, n, 1]. */
    atLeast3d(): Tensor;
    /** The angle in (−π/2, π/2) whose tangent is x. */
    atan(): Tensor;
    /** The angle of the point (x, y), first operand y, in [−π, π]. */
    atan2(y: TensorLike): Tensor;
    /** The inverse of tanh on (−1, 1); ±∞ at ±1, NaN outside. */
    atanh(): Tensor;
    /**
     * The mean of each window: `[N, L, C]` to `[N, L', C]`, of floats. Pads count as zeros, or with
     * `countIncludePad: false` not at all.
     *
     *     avgPool1d(x, 2)
     *
     * @throws GraphError when the window is larger than the padded input.
     */
    avgPool1d(window: PerAxis, options?: AvgPoolOptions): Tensor;
    /**
     * The mean of each window of images: `[N, H, W, C]` to `[N, H', W', C]`, as `avgPool1d`.
     *
     *     avgPool2d(x, [2, 2], { padding: 'SAME', countIncludePad: false })
     *
     * @throws GraphError when the window is larger than the padded input.
     */
    avgPool2d(window: PerAxis, options?: AvgPoolOptions): Tensor;
    /**
     * x itself, but what is computed from the result is not computed before `after` is there, and is
     * not merged with what is computed from x (`lax.optimization_barrier`). It costs nothing.
     *
     *     const again = barrier(x, [cotangent]).exp();   // a second time, not kept from the first
     */
    barrier(after: readonly Tensor[]): Tensor;
    /**
     * Each channel, the last axis, with the mean and variance that it has over all other axes: what
     * training uses. `nn.batchNorm` keeps the running statistics.
     *
     *     const { y, mean, variance } = batchNorm(x, weight, bias);   // f32[N, 8, 8, 16], f32[16], f32[16]
     */
    batchNorm(weight: Tensor, bias: Tensor, options?: NormOptions): BatchNormResult;
    /**
     * Each channel, the last axis, with a given mean and variance: what batchNorm is after training.
     *
     *     batchNormInference(x, weight, bias, mean, variance)   // f32[N, 16], four f32[16]
     */
    batchNormInference(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, options?: NormOptions): Tensor;
    /**
     * The cross entropy of targets in [0, 1] under the probabilities sigmoid(logits), its mean by
     * default; without overflow. `posWeight` multiplies the loss of the positive class, and broadcasts.
     *
     *     binaryCrossEntropyWithLogits(logits, target);                     // f32[N, 5], f32[N, 5]
     *     binaryCrossEntropyWithLogits(logits, target, { posWeight: 3 })
     */
    binaryCrossEntropyWithLogits(target: TensorLike, options?: LossOptions & { readonly posWeight?: TensorLike }): Tensor;
    /**
     * How often each integer 0 … count − 1 occurs, i32; with weights, the sums of those of each, in
     * their dtype. What lies outside is not counted.
     *
     *     bincount(labels, 10)
     */
    bincount(count: Dim, weights?: Tensor): Tensor;
    /** The same bits as another dtype of the same width. */
    bitcast(dtype: DType): Tensor;
    /** Bits set in both integers. */
    bitwiseAnd(y: TensorLike): Tensor;
    /** All bits of an integer, inverted. */
    bitwiseNot(): Tensor;
    /** Bits set in one of two integers, or in both. */
    bitwiseOr(y: TensorLike): Tensor;
    /** Bits set in exactly one of two integers. */
    bitwiseXor(y: TensorLike): Tensor;
    /** x repeated to a shape by numpy's rule. `broadcastTo(bias, [N, 10])` */
    broadcastTo(shape: readonly Dim[]): Tensor;
    /** x as another dtype. `cast(labels, 'f32')` */
    cast(dtype: DType): Tensor;
    /**
     * Distances between each row of x and each row of y: f32[…, n, d] and f32[…, m, d] give f32[…, n,
     * m]. `p` is 2 (Euclidean, the default), 1 (of absolute differences) or Infinity (the largest). The
     * gradient where two rows are equal is 0.
     *
     *     cdist(points, centres)
     */
    cdist(y: Tensor, p?: number): Tensor;
    /** The smallest integer ≥ x. */
    ceil(): Tensor;
    /**
     * elu with a slope without a jump for every alpha (Barron, arXiv 1704.07483).
     *
     *     celu(x, 2)
     */
    celu(alpha?: number): Tensor;
    /**
     * x itself; a call in which an element of x is NaN or infinite fails at this line, with the element's
     * place, and changes no state. Its cotangent is checked as well. Use what it returns.
     *
     *     const logits = checkFinite(net(image), 'the logits');
     *
     * To check every op of a program, compile it with `checkFinite` (`vorab compile --check-finite`).
     */
    checkFinite(name?: string, options?: { readonly infinities?: boolean }): Tensor;
    /**
     * Indices themselves; a call in which one of them is outside [0, extent) fails at this line, with the
     * index and its place, instead of being clamped or dropped. Use what it returns.
     *
     *     const rows = table.gather(checkIndices(ids, 50_000));
     *
     * To check every op that takes indices, compile with `checkIndices` (`vorab compile --check-indices`).
     */
    checkIndices(extent: Dim): Tensor;
    /**
     * The Cholesky factor of symmetric positive definite matrices: L, lower, with L·Lᵀ = x.
     * `[..., n, n]` gives the same shape. What is factored is (x + xᵀ) / 2; with `symmetrize: false`
     * the lower triangle of x alone is read, and the gradient lies there alone. f16 and bf16 are
     * computed in f32.
     *
     *     const l = cholesky(covariance);
     *     const x = triangularSolve(l, noise);
     *
     * Gradient: Murray, Differentiation of the Cholesky decomposition (2016), as in Giles, Collected
     * matrix derivative results (2008).
     *
     * @throws GraphError when x is not square or no float. A call fails, with the matrix's place in the
     * batch, where a matrix is not positive definite or not finite.
     */
    cholesky(options?: { readonly symmetrize?: boolean }): Tensor;
    /**
     * Parts of an axis, `count` of them of equal extents; the last ones are smaller where it does not
     * divide. `chunk(x, 3)` of 7 rows has 3, 3 and 1.
     */
    chunk(count: number, axis?: number): readonly Tensor[];
    /**
     * x, but at least min and at most max; a bound that is undefined does not bind. `x.clamp(-1, 1)`
     */
    clamp(min?: number, max?: number): Tensor;
    /**
     * The cofactor matrices of square matrices, `[..., n, n]`: det(x)·x⁻ᵀ, also where x is singular. By
     * SVD. f16 and bf16 are computed in f32.
     *
     *     const adjugate = cofactor(x).transpose();   // x·adjugate = det(x)·I
     *
     * @throws As `determinant`.
     */
    cofactor(): Tensor;
    /**
     * Convolution over one spatial axis (cross-correlation: the kernel is not reversed). x: `[N, L, C]`, w: `[K, C / groups,
     * F]`, of one float dtype, to `[N, L', F]` with L' = floor((L + pads − dilation · (K − 1) − 1) / stride) + 1.
     *
     *     conv1d(x, w)                                    // f32[N, 8, 3], f32[3, 3, 4] to f32[N, 6, 4]
     *     conv1d(x, w, { strides: 2, padding: 'SAME' })   // to f32[N, 4, 4]
     *
     * @throws GraphError when channels and groups do not fit, or the window is larger than the padded input.
     */
    conv1d(w: Tensor, options?: ConvOptions): Tensor;
    /**
     * Convolution of images (cross-correlation: the kernel is not reversed). x: `[N, H, W, C]`, w: `[KH, KW, C / groups, F]`,
     * of one float dtype, to `[N, H', W', F]`; H' and W' as for `conv1d`.
     *
     *     conv2d(image, w, { padding: 'SAME' })           // f32[N, 28, 28, 1], f32[3, 3, 1, 32] to f32[N, 28, 28, 32]
     *     conv2d(x, w, { strides: [2, 1], groups: 4 })
     *
     * @throws GraphError when channels and groups do not fit, or the window is larger than the padded input.
     */
    conv2d(w: Tensor, options?: ConvOptions): Tensor;
    /**
     * Convolution over three spatial axes: `[N, D, H, W, C]` and `[KD, KH, KW, C / groups, F]`, as `conv2d`.
     *
     *     conv3d(scan, w, { padding: 1 })
     *
     * @throws GraphError when channels and groups do not fit, or the window is larger than the padded input.
     */
    conv3d(w: Tensor, options?: ConvOptions): Tensor;
    /**
     * Transposed convolution: y[i · stride + k · dilation] += x[i] · w[k], then `padding` is cut off both ends and
     * `outputPadding` added behind. x: `[N, L, C]`, w: `[K, C / groups, F]` to `[N, L', F]` with
     * L' = (L − 1) · stride + dilation · (K − 1) + 1 − cuts + outputPadding.
     *
     *     convTranspose1d(x, w, { strides: 2 })           // f32[N, 4, 3], f32[2, 3, 8] to f32[N, 8, 8]
     *
     * @throws GraphError when channels and groups do not fit, or more is cut off than there is.
     */
    convTranspose1d(w: Tensor, options?: ConvTransposeOptions): Tensor;
    /**
     * Transposed convolution of images, as `convTranspose1d`: `[N, H, W, C]` and `[KH, KW, C / groups, F]`.
     *
     *     convTranspose2d(x, w, { strides: 2, padding: 'SAME' })   // f32[N, 7, 7, 8] to f32[N, 14, 14, F]
     *
     * @throws GraphError when channels and groups do not fit, or more is cut off than there is.
     */
    convTranspose2d(w: Tensor, options?: ConvTransposeOptions): Tensor;
    /** The cosine of x in radians. */
    cos(): Tensor;
    /** (eˣ + e⁻ˣ) / 2. */
    cosh(): Tensor;
    /** 1 − cosineSimilarity along an axis, the last by default; its mean by default. */
    cosineDistance(target: Tensor, options?: LossOptions & { readonly axis?: number; readonly eps?: number }): Tensor;
    /**
     * The cosine of the angle between vectors along an axis, the last by default:
     * x · y / max(‖x‖ ‖y‖, eps).
     *
     *     cosineSimilarity(x, y)   // f32[N, 64], f32[N, 64]: f32[N]
     */
    cosineSimilarity(y: Tensor, options?: { readonly axis?: number; readonly eps?: number }): Tensor;
    /**
     * The cross entropy of integer labels `[…]` under logits `[…, classes]`, the mean over the labels by
     * default. A label outside the classes is none of them: without smoothing its cross entropy and
     * gradient are 0. Float labels `[…, classes]` are probabilities of the classes.
     *
     *     crossEntropy(logits, label);                          // f32[N, 10], i32[N]: a scalar
     *     crossEntropy(logits, label, { reduction: 'none' })    // f32[N]
     *     crossEntropy(logits, label, { labelSmoothing: 0.1, ignoreIndex: -100 })
     *
     * With `ignoreIndex` the mean over no labels at all is NaN.
     *
     * @throws GraphError when labelSmoothing is outside [0, 1], or ignoreIndex is given with
     *   probabilities.
     */
    crossEntropy(labels: Tensor, options?: LabelLossOptions & { readonly labelSmoothing?: number }): Tensor;
    /**
     * Running maxima along an axis, the last by default; NaN from the first one on. Of equal elements
     * the latest takes the gradient.
     */
    cummax(axis?: number, options?: CumulativeOptions): Tensor;
    /** Running minima along an axis; otherwise as cummax. */
    cummin(axis?: number, options?: CumulativeOptions): Tensor;
    /**
     * Running products along an axis, the last by default. The gradient is right where elements are 0.
     *
     *     cumprod(x, -1, { reverse: true })       // [1, 2, 3] is [6, 6, 3]
     */
    cumprod(axis?: number, options?: RunningOptions): Tensor;
    /**
     * Running sums along an axis, the last by default, of x's shape and dtype; bool is counted in i32.
     * Halves are accumulated in f32; integers wrap.
     *
     *     cumsum(x)                               // [1, 2, 3] is [1, 3, 6]
     *     cumsum(x, 0, { exclusive: true })       // [1, 2, 3] is [0, 1, 3]
     */
    cumsum(axis?: number, options?: RunningOptions): Tensor;
    /**
     * The determinants of square matrices, `[..., n, n]` to `[...]`; 0 of a singular one. f16 and bf16
     * are computed in f32.
     *
     *     const volume = determinant(x).abs();
     *
     * Gradient: the cofactor matrix, defined and finite everywhere (cf. Giles, Collected matrix
     * derivative results, 2008, 2.2.4).
     *
     * @throws GraphError when x is not square or no float. A call fails where a matrix is not finite.
     */
    determinant(): Tensor;
    /**
     * A vector as the diagonal of a matrix of zeros; of a matrix, its diagonal. `offset` places it
     * above the main one, or below.
     *
     *     diag(v)            // f32[3] gives f32[3, 3]
     */
    diag(offset?: number): Tensor;
    /**
     * The diagonals of matrices, as a new last axis. `diagonal(x, { offset: 1 })`
     *
     *     diagonal(x)        // f32[N, 3, 3] gives f32[N, 3]
     */
    diagonal(options?: DiagonalOptions): Tensor;
    /**
     * Matrices of zeros with the last axis of x as their diagonals: f32[N, 3] gives f32[N, 3, 3].
     */
    diagonalMatrix(offset?: number): Tensor;
    /** Differences of neighbours along an axis, the last by default, `order` times over. */
    diff(order?: number, axis?: number): Tensor;
    /** x / y. Integers truncate toward zero, as in C; an integer divided by 0 is 0. */
    div(y: TensorLike): Tensor;
    /** Σ x · y of two vectors, as a scalar. */
    dot(y: Tensor): Tensor;
    /**
     * Zeroes each element with probability `rate` in [0, 1) and divides the others by 1 − rate
     * (Srivastava et al., JMLR 2014). One key, u32[2], decides all.
     *
     *     dropout(x, 0.1, key)
     */
    dropout(rate: number, k: Tensor): Tensor;
    /**
     * A part of x of fixed sizes at a place that is data. Starts are clamped, so that the part lies
     * inside x; negative ones count as 0.
     *
     *     dynamicSlice(cache, [step, 0], [1, 64])    // row `step`
     *
     * @throws GraphError when a size is larger than its axis.
     */
    dynamicSlice(starts: Starts, sizes: readonly Dim[]): Tensor;
    /**
     * x with `update` in place of a part of it that begins where data say. Starts are clamped, so that
     * the part lies inside x.
     *
     *     dynamicUpdateSlice(cache, row, [step, 0])
     */
    dynamicUpdateSlice(update: Tensor, starts: Starts): Tensor;
    /**
     * Eigenvalues and eigenvectors of symmetric matrices `[..., n, n]`. In each eigenvector the first
     * component that has at least 0.618 of the largest magnitude is positive: where eigenvalues are
     * distinct, every runtime gives the same vectors. f16 and bf16 are computed in f32.
     *
     *     const { w, v } = eigh(covariance);   // x = v·diag(w)·vᵀ
     *
     * Gradient: Giles, Collected matrix derivative results (2008), 3.1. Eigenvalues that differ by at
     * most n·ε·max|w| count as equal, and then 1 / (wⱼ − wᵢ) as 0: the gradient is finite, and right
     * where the result does not depend on the choice of vectors within an eigenspace.
     *
     * @throws GraphError when x is not square or no float. A call fails, with the matrix's place in the
     * batch, where a matrix is not finite or the algorithm does not converge.
     */
    eigh(options?: SymmetricOptions): EighResult;
    /**
     * Eigenvalues, ascending, `[..., n]`, of symmetric matrices `[..., n, n]`: `eigh` without the
     * vectors. The gradient is defined, and finite, where eigenvalues repeat, for functions of all of
     * them that do not depend on their order.
     *
     *     const largest = eigvalsh(x).max(-1);
     *
     * @throws As `eigh`.
     */
    eigvalsh(options?: SymmetricOptions): Tensor;
    /**
     * The exponential linear unit: x where it is positive, else alpha · (eˣ − 1) (Clevert et al., arXiv
     * 1511.07289).
     *
     *     x.elu();   elu(x, 0.5)
     */
    elu(alpha?: number): Tensor;
    /**
     * Rows of a table: `embedding(table, tokens)` is `[...tokens, width]`. Tokens outside are clamped.
     */
    embedding(indices: Tensor): Tensor;
    /** x = y, as bool; NaN compares to nothing. */
    equal(y: TensorLike): Tensor;
    /** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
    erf(): Tensor;
    /** The inverse of erf on (−1, 1); ±∞ at ±1, NaN outside. */
    erfInv(): Tensor;
    /** eˣ. */
    exp(): Tensor;
    /** 2ˣ. */
    exp2(): Tensor;
    /** New axes of extent 1, at these places of the result. `expandDims(x, -1)` */
    expandDims(axes: number | readonly number[]): Tensor;
    /** eˣ − 1, accurate near 0. */
    expm1(): Tensor;
    /** Frequency 0 moved to the middle of axes, all by default. */
    fftShift(axes?: number | readonly number[]): Tensor;
    /** All axes as one; `flatten(x, 1)` keeps the first. */
    flatten(from?: number): Tensor;
    /** Reverses the order along axes (all by default). */
    flip(axes?: number | readonly number[]): Tensor;
    /** The largest integer ≤ x. */
    floor(): Tensor;
    /** Every element is `value`, in x's shape, of x's dtype unless told otherwise. */
    fullLike(value: number, dtype?: DType): Tensor;
    /**
     * The elements of x at integer indices along an axis: the result has the shape of x with the axis
     * replaced by the shape of the indices. Indices outside are clamped to the axis.
     *
     *     gather(rows, i32Indices)        // rows[indices]
     *     gather(x, indices, 1)           // x[:, indices]
     */
    gather(indices: Tensor, axis?: number): Tensor;
    /** a · gelu(b), where a and b are the halves of an axis, the last by default. */
    geglu(axis?: number): Tensor;
    /**
     * The Gaussian error linear unit x · Φ(x) (Hendrycks and Gimpel, arXiv 1606.08415); `approximate:
     * 'tanh'` is their formula with a tanh.
     *
     *     x.gelu();   gelu(x, { approximate: 'tanh' })
     */
    gelu(options?: { readonly approximate?: 'none' | 'tanh' }): Tensor;
    /** The mean over all spatial axes: `[N, ...space, C]` to `[N, C]`. `globalAvgPool(features)` */
    globalAvgPool(): Tensor;
    /** The largest element over all spatial axes: `[N, ...space, C]` to `[N, C]`. `globalMaxPool(features)` */
    globalMaxPool(): Tensor;
    /**
     * a · sigmoid(b), where a and b are the halves of an axis, the last by default (Dauphin et al., arXiv
     * 1612.08083).
     *
     *     glu(x)   // f32[N, 128] to f32[N, 64]
     *
     * @throws GraphError when the axis does not divide by 2.
     */
    glu(axis?: number): Tensor;
    /** x > y, as bool; NaN compares to nothing. */
    greater(y: TensorLike): Tensor;
    /** x ≥ y, as bool; NaN compares to nothing. */
    greaterEqual(y: TensorLike): Tensor;
    /**
     * Group normalisation: every example for itself, over all its places and each group of channels, the
     * last axis (Wu and He, arXiv 1803.08494).
     *
     *     groupNorm(x, 4, weight, bias)   // f32[N, 8, 8, 16], f32[16], f32[16]
     *
     * @throws GraphError when the channels do not divide into the groups.
     */
    groupNorm(groups: number, weight: Tensor, bias: Tensor, options?: NormOptions): Tensor;
    /**
     * One step of a GRU (Cho et al., arXiv 1406.1078), the reset gate after the product.
     *
     *     const next = gruCell(x, h, { wx, wh, bx, bh });   // x f32[N, in], h f32[N, 64]
     */
    gruCell(h: Tensor, weights: GruWeights): Tensor;
    /**
     * The part of a GRU's step that is element by element: from gates `[…, 3 · size]` in the order r, z, n
     * of the input and of the state, before their sigmoid and tanh.
     */
    gruGates(ofState: Tensor, h: Tensor): Tensor;
    /** relu6(x + 3) / 6, a sigmoid of straight lines (Howard et al., arXiv 1905.02244). */
    hardSigmoid(): Tensor;
    /** x · hardSigmoid(x), also called hard swish (Howard et al., arXiv 1905.02244). */
    hardSwish(): Tensor;
    /** x between −1 and 1. `x.hardTanh()` */
    hardTanh(): Tensor;
    /**
     * max(0, margin − target · prediction) for targets −1 and 1, its mean by default.
     *
     *     hinge(score, side)   // f32[N], f32[N]
     */
    hinge(target: TensorLike, options?: LossOptions & { readonly margin?: number }): Tensor;
    /**
     * How many elements lie in each of `bins` bins of equal width, and the bins + 1 edges. A bin has
     * its lower edge, the last one both; elements outside, and NaN, are not counted. Counts are i32, or
     * of the weights' dtype. Where all elements are equal, or there are none, the range is widened by
     * one half on both sides, as numpy does.
     *
     *     const [counts, edges] = histogram(x, 10, { range: [0, 1] });
     */
    histogram(bins: number, options?: HistogramOptions): readonly [counts: Tensor, edges: Tensor];
    /**
     * Squared near 0, straight beyond `delta`, its mean by default (Huber 1964).
     *
     *     huber(prediction, target, { delta: 2 })   // default 1
     *
     * @throws GraphError when delta is not a positive number.
     */
    huber(target: TensorLike, options?: LossOptions & { readonly delta?: number }): Tensor;
    /** The inverse of fftShift. */
    ifftShift(axes?: number | readonly number[]): Tensor;
    /**
     * Σ x · y over the last axis of both: the other axes of x, then those of y. With a scalar it is
     * their product.
     */
    inner(y: Tensor): Tensor;
    /**
     * Instance normalisation: every example and channel for itself, over all places (Ulyanov et al.,
     * arXiv 1607.08022). Channels are the last axis.
     *
     *     instanceNorm(x, weight, bias)   // f32[N, 8, 8, 16], f32[16], f32[16]
     */
    instanceNorm(weight: Tensor, bias: Tensor, options?: NormOptions): Tensor;
    /**
     * x in another shape of the same rank, its samples interpolated along every axis whose extent
     * changes. Samples are centred in their pixels (JAX's `image.resize`, PyTorch's `align_corners =
     * False`); beyond the border the weights are normalised. Cubic is Keys' kernel with a = −1/2, as in
     * JAX. Floats; 'nearest' takes any dtype.
     *
     *     interpolate(images, [N, 64, 64, 3])
     *     interpolate(x, [20], { method: 'nearest' })
     *
     * @throws GraphError when a symbolic extent would change.
     */
    interpolate(shape: readonly Dim[], options?: InterpolateOptions): Tensor;
    /**
     * The inverses of square matrices, `[..., n, n]`. `solve(a, b)` is faster and more exact than
     * `inverse(a).matmul(b)`. f16 and bf16 are computed in f32.
     *
     *     const y = inverse(x);
     *
     * Gradient: Giles, Collected matrix derivative results (2008), 2.2.3.
     *
     * @throws GraphError when x is not square or no float. A call fails as that of `solve` does.
     */
    inverse(): Tensor;
    /** Whether x is neither NaN nor infinite. */
    isFinite(): Tensor;
    /** Whether x is NaN. */
    isNaN(): Tensor;
    /**
     * The Kullback–Leibler divergence of a prediction, given as logarithms, from a target; its mean over
     * all elements by default. `batchMean` is the divergence of the distributions, averaged over the
     * first axis. With `logTarget` the target is given as logarithms too.
     *
     *     klDivergence(logits.logSoftmax(), target, { reduction: 'batchMean' })
     */
    klDivergence(target: Tensor, options?: LossOptions & { readonly logTarget?: boolean }): Tensor;
    /**
     * The Kronecker product: every element of x times all of y, so that extents multiply. The ranks are
     * made equal first, new axes in front. `kron(eye(2), a)` is block-diagonal.
     */
    kron(y: Tensor): Tensor;
    /**
     * Layer normalisation over the last axes, those of weight and bias (Ba et al., arXiv 1607.06450).
     *
     *     layerNorm(x, weight, bias);                // f32[N, 64], f32[64], f32[64]
     *     layerNorm(x, weight, bias, { eps: 1e-6 })  // default 1e-5
     */
    layerNorm(weight: Tensor, bias: Tensor, options?: NormOptions): Tensor;
    /**
     * x where it is not negative, else slope · x (Maas et al., ICML 2013); the gradient at 0 is 1.
     *
     *     leakyRelu(x);   x.leakyRelu(0.2)
     */
    leakyRelu(slope?: number): Tensor;
    /** x < y, as bool; NaN compares to nothing. */
    less(y: TensorLike): Tensor;
    /** x ≤ y, as bool; NaN compares to nothing. */
    lessEqual(y: TensorLike): Tensor;
    /** The natural logarithm. */
    log(): Tensor;
    /** ln(1 + x), accurate near 0. */
    log1p(): Tensor;
    /** The logarithm to base 2. */
    log2(): Tensor;
    /** ln cosh of the difference, its mean by default: squared near 0, straight far away. */
    logCosh(target: TensorLike, options?: LossOptions): Tensor;
    /** Running ln Σ eˣ along an axis, the last by default, of floats, without overflow. */
    logCumsumExp(axis?: number, options?: CumulativeOptions): Tensor;
    /** ln sigmoid(x) = −softplus(−x), without overflow. */
    logSigmoid(): Tensor;
    /** ln softmax(x) along an axis, the last by default; without overflow. */
    logSoftmax(axis?: number): Tensor;
    /** ln Σ eˣ over axes (all by default), without overflow. */
    logSumExp(axes?: Axes, options?: ReduceOptions): Tensor;
    /** Whether both hold. */
    logicalAnd(y: TensorLike): Tensor;
    /** Whether x does not hold. */
    logicalNot(): Tensor;
    /** Whether one holds, or both. */
    logicalOr(y: TensorLike): Tensor;
    /** Whether exactly one holds. */
    logicalXor(y: TensorLike): Tensor;
    /**
     * One step of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
     *
     *     const { h, c } = lstmCell(x, { h, c }, { wx, wh, b });   // x f32[N, in], h and c f32[N, 64]
     */
    lstmCell(state: LstmState, weights: LstmWeights): LstmState;
    /**
     * The part of an LSTM's step that is element by element: from gates `[…, 4 · size]` in the order
     * i, f, g, o, before their sigmoid and tanh.
     */
    lstmGates(c: Tensor): LstmState;
    /**
     * The x with the least ‖a·x − b‖, and of those the shortest, for matrices `a`, `[..., m, n]`, of any
     * rank; b is `[..., m, k]`, or a vector `[m]`. Batch axes broadcast. By SVD, as `pinv(a)·b`.
     *
     *     const slope = lstsq(stack([t, onesLike(t)], -1), y);
     *
     * @throws As `pinv`.
     */
    lstsq(b: Tensor, options?: RcondOptions): Tensor;
    /**
     * The LU factorization of matrices `[..., m, n]` with partial pivoting. A singular matrix has one;
     * its u has a 0 on the diagonal, and its gradient fails. f16 and bf16 are computed in f32.
     *
     *     const { l, u, permutation } = lu(x);   // x[permutation] = l·u
     *
     * @throws GraphError when x is no float matrix. A call fails where a matrix is not finite.
     */
    lu(): LuFactors;
    /**
     * The absolute error, its mean by default; the gradient where both are equal is 0.
     *
     *     mae(prediction, target);   // f32[N, 4], f32[N, 4]: a scalar
     */
    mae(target: TensorLike, options?: LossOptions): Tensor;
    /**
     * The matrix product, of numbers of one dtype: `[…, m, k]` by `[…, k, n]` gives `[…, m, n]`. Batch
     * axes broadcast; an operand of rank 1 is a row (first) or a column (second), whose axis disappears
     * from the result.
     *
     *     const y = x.matmul(w);   // f32[N, 64] by f32[64, 10] is f32[N, 10]
     *
     * @throws GraphError when the inner extents differ, or an operand is a scalar.
     */
    matmul(y: Tensor): Tensor;
    /**
     * A norm of matrices, `[..., m, n]` to `[...]`; the Frobenius norm by default. f16 and bf16 are
     * computed in f32. The gradient at a zero matrix is finite: 0 of the Frobenius norm, one of the
     * subgradients of the others.
     *
     *     const decay = matrixNorm(weight, 'nuc');
     *     const largest = matrixNorm(weight, 2);
     *
     * @throws GraphError when x is no float matrix, or there is no such norm.
     */
    matrixNorm(ord?: MatrixNormOrder | number): Tensor;
    /**
     * Products of square matrices `[..., n, n]` with themselves, n times: by repeated squaring; of the
     * inverse where n is negative, the identity where it is 0.
     *
     *     const after10 = matrixPower(transition, 10);
     *
     * @throws GraphError when x is not square or no float, or n is no integer. With a negative n, a call
     * fails as that of `inverse`.
     */
    matrixPower(n: number): Tensor;
    /**
     * How many singular values of matrices `[..., m, n]` are larger than rcond times the largest; i32,
     * `[...]`. No gradient flows through it.
     *
     *     matrixRank(x).less(3)
     *
     * @throws As `pinv`.
     */
    matrixRank(options?: RcondOptions): Tensor;
    /**
     * The largest element over axes (all by default); NaN where there is one. Equal largest elements
     * share the gradient evenly. Over no elements it is −∞, or the smallest integer.
     */
    max(axes?: Axes, options?: ReduceOptions): Tensor;
    /**
     * The largest element in each window: `[N, L, C]` to `[N, L', C]` with L' = floor((L + pads − window) / stride) + 1.
     * Pads never win. The first of equals in a window takes the gradient; a window with NaN gives NaN, and none.
     *
     *     maxPool1d(x, 2)                              // f32[N, 8, 4] to f32[N, 4, 4]
     *
     * @throws GraphError when the window is larger than the padded input.
     */
    maxPool1d(window: PerAxis, options?: PoolOptions): Tensor;
    /**
     * The largest element in each window of images, `[N, H, W, C]` to `[N, H', W', C]`, as `maxPool1d`.
     *
     *     maxPool2d(x, 2)                              // f32[N, 28, 28, 32] to f32[N, 14, 14, 32]
     *     maxPool2d(x, 3, { strides: 2, padding: 'SAME' })
     *
     * @throws GraphError when the window is larger than the padded input.
     */
    maxPool2d(window: PerAxis, options?: PoolOptions): Tensor;
    /** The larger of two; NaN where one is NaN. Equal operands share the gradient. */
    maximum(y: TensorLike): Tensor;
    /** The mean over axes (all by default). `x.mean(-1)` */
    mean(axes?: Axes, options?: ReduceOptions): Tensor;
    /** The middle element of floats over axes (all by default); the mean of two where it lies between. */
    median(axes?: Axes, options?: ReduceOptions): Tensor;
    /** The smallest element over axes (all by default); otherwise as max. */
    min(axes?: Axes, options?: ReduceOptions): Tensor;
    /** The smaller of two; NaN where one is NaN. Equal operands share the gradient. */
    minimum(y: TensorLike): Tensor;
    /** x · tanh(softplus(x)) (Misra, arXiv 1908.08681). `x.mish()` */
    mish(): Tensor;
    /**
     * The remainder of floor division, with the divisor's sign: `mod(-1, 3)` is 2. For a divisor of 0
     * integers give 0 and floats NaN.
     */
    mod(y: TensorLike): Tensor;
    /** One axis elsewhere; the others keep their order. `moveAxis(x, -1, 0)` */
    moveAxis(from: number, to: number): Tensor;
    /** The squared error, its mean by default: `mse(prediction, target)`. */
    mse(target: TensorLike, options?: LossOptions): Tensor;
    /** x · y, element by element. */
    mul(y: TensorLike): Tensor;
    /** −x; unsigned integers wrap. */
    neg(): Tensor;
    /**
     * −logProbs at integer labels, the mean over the labels by default: crossEntropy of what went
     * through logSoftmax already. A label outside the classes gives 0.
     *
     *     nll(logits.logSoftmax(), label)   // f32[N, 10], i32[N]
     */
    nll(labels: Tensor, options?: LabelLossOptions): Tensor;
    /**
     * At most `most` boxes in order of their scores, without those that overlap one before them: again
     * and again the best that is left is taken, and all whose intersection with it, over their union, is
     * above the threshold are left out. Boxes are [y₁, x₁, y₂, x₂] with y₁ ≤ y₂ and x₁ ≤ x₂; of equal
     * scores the first counts, NaN is never taken. `indices` is i32[most], `count` an i32 scalar.
     *
     *     const { indices, count } = nonMaxSuppression(boxes, scores, 20);   // f32[N, 4], f32[N]
     *
     * @throws GraphError when boxes are not [n, 4], or scores not [n].
     */
    nonMaxSuppression(scores: Tensor, most: number, options?: SuppressionOptions): Suppressed;
    /** The Euclidean norm √Σ x² over axes (all by default). Its gradient at 0 is NaN. */
    norm(axes?: Axes, options?: ReduceOptions): Tensor;
    /**
     * x divided by its Euclidean norm over axes, the last by default; by `eps` where that is larger.
     * The gradient where x is 0 is that of x / eps.
     *
     *     normalize(x)           // rows of length 1
     */
    normalize(axes?: Axes, eps?: number): Tensor;
    /** x ≠ y, as bool; NaN differs from everything. */
    notEqual(y: TensorLike): Tensor;
    /**
     * 1 at each index along a new last axis of extent `depth`, 0 elsewhere; an index outside gives
     * zeros.
     */
    oneHot(depth: Dim, dtype?: DType): Tensor;
    /** Ones of x's type. */
    onesLike(): Tensor;
    /** x[i] · y[j] of two vectors, as a matrix; other shapes are flattened. */
    outer(y: Tensor): Tensor;
    /**
     * `value`, or what the mode says, around x: `pad(x, [[1, 1], [0, 2]])` adds a row above and below
     * and two columns behind.
     *
     *     pad(x, [[2, 2]], 'reflect')      // [1, 2, 3] is [3, 2, 1, 2, 3, 2, 1]
     *
     * @throws GraphError when a mirrored or wrapped pad is longer than what there is to repeat.
     */
    pad(pads: readonly (readonly [Dim, Dim])[], value?: number | PadMode): Tensor;
    /**
     * The Moore–Penrose inverses of matrices `[..., m, n]`: `[..., n, m]`, by SVD. f16 and bf16 are
     * computed in f32.
     *
     *     const x = pinv(a).matmul(b);   // of all x that bring a·x nearest to b, the shortest
     *
     * Gradient: Golub and Pereyra, The differentiation of pseudo-inverses (1973); as for a matrix that
     * keeps its rank.
     *
     * @throws GraphError when x is no float matrix, or rcond is negative. A call fails as that of `svd`.
     */
    pinv(options?: RcondOptions): Tensor;
    /**
     * xʸ. Integers wrap; for a negative exponent they truncate, as 1 / x⁻ʸ does. d/dy at x = 0 is 0.
     *
     *     x.pow(2)
     */
    pow(y: TensorLike): Tensor;
    /**
     * x where it is positive, else slope · x, with a slope that is a tensor, usually a parameter for
     * each channel (He et al., arXiv 1502.01852). Broadcasts.
     *
     *     prelu(x, slope)   // f32[N, 64], f32[64]
     */
    prelu(slope: Tensor): Tensor;
    /** Π x over axes (all by default). */
    prod(axes?: Axes, options?: ReduceOptions): Tensor;
    /**
     * The QR factorization of matrices `[..., m, n]`, k the smaller of m and n; with `fullMatrices` q is
     * `[..., m, m]` and r `[..., m, n]`. The diagonal of r is not negative, which makes the
     * factorization of a matrix of full rank unique, the same on every runtime. f16 and bf16 are
     * computed in f32.
     *
     *     const { q, r } = qr(x);   // f32[5, 3] -> q: f32[5, 3], r: f32[3, 3]
     *
     * Gradient: Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2018). It
     * needs the leading k columns of x to be independent, and fails where they are not. Of full
     * matrices there is one where m ≤ n.
     *
     * @throws GraphError when x is no float matrix, or a gradient of full matrices is asked for where
     * there is none. A call fails where a matrix is not finite.
     */
    qr(options?: { readonly fullMatrices?: boolean }): QrFactors;
    /**
     * The q-quantiles of floats over axes (all by default), q from 0 to 1: the element at place q·(n −
     * 1) in order, interpolated between its neighbours. Several q give a new first axis. NaN where
     * there is one, and over no elements.
     *
     *     quantile(x, 0.9, -1)
     *     quantile(x, [0.25, 0.5, 0.75])
     */
    quantile(q: number | readonly number[], axes?: Axes, options?: QuantileOptions): Tensor;
    /** 1 / x, of floats. */
    reciprocal(): Tensor;
    /** x where it is positive, else 0, and NaN where x is; the gradient at 0 is 0. */
    relu(): Tensor;
    /** x between 0 and 6 (Krizhevsky 2010). `x.relu6()` */
    relu6(): Tensor;
    /** Every element along an axis, `times` times in a row. */
    repeat(times: number, axis?: number): Tensor;
    /**
     * The same elements in row-major order, in another shape; one extent may be -1 and is inferred.
     *
     *     reshape(x, [N, 8, 8]);   reshape(x, [-1, 10])
     *
     * @throws GraphError when the element counts differ, or -1 cannot be inferred exactly.
     */
    reshape(shape: readonly Dim[]): Tensor;
    /**
     * The first n/2 + 1 (rounded down) frequencies of a real tensor, as a pair; the others are their
     * conjugates.
     */
    rfft(options?: FftOptions): Complex;
    /** rfft along the last axis, then fft along the one before. */
    rfft2(options?: { readonly norm?: FftNorm }): Complex;
    /**
     * x over the root of its mean square along the last axes, those of weight (Zhang and Sennrich, arXiv
     * 1910.07467).
     *
     *     rmsNorm(x, weight);                // f32[N, 64], f32[64]
     *     rmsNorm(x, weight, { eps: 1e-6 })  // default 1e-5
     */
    rmsNorm(weight: Tensor, options?: NormOptions): Tensor;
    /** Elements moved up by `shifts` along axes; what leaves at the end comes in at the beginning. */
    roll(shifts: number | readonly number[], axes: number | readonly number[]): Tensor;
    /**
     * Rotary position embedding of `[…, length, dim]` (Su et al., arXiv 2104.09864): elements i and
     * i + dims / 2 are turned by the angle position · base^(−2i / dims). Angles have all digits of
     * f32 up to position 2²⁴; f16 and bf16 are turned in f32.
     *
     *     rope(q);   rope(q, { offset: 5 });   rope(q, { positions })   // f32[N, 8, 128, 64]
     *
     * @throws GraphError when dims is odd or above dim, or positions have another length.
     */
    rope(options?: RopeOptions): Tensor;
    /** Turned by `times` · 90° in the plane of two axes, from the first towards the second. */
    rot90(times?: number, axes?: readonly [number, number]): Tensor;
    /** The nearest integer, ties to even: `round(0.5)` is 0. */
    round(): Tensor;
    /** 1 / √x. */
    rsqrt(): Tensor;
    /**
     * softmax(q · kᵀ · scale) · v over [batch, heads, length, dim] (Vaswani et al., arXiv 1706.03762). k and
     * v may have fewer heads, each shared by as many of q (grouped-query attention, Ainslie et al., arXiv
     * 2305.13245).
     *
     *     scaledDotProductAttention(q, k, v, { causal: true })   // f32[N, 8, 128, 64] three times
     *
     * @throws GraphError when the extents do not fit together, or dim is symbolic and no scale is given.
     */
    scaledDotProductAttention(k: Tensor, v: Tensor, options?: AttentionOptions): Tensor;
    /**
     * x with updates in place of its elements at integer indices along an axis. Of several updates for
     * one index the last one stays; those outside are dropped. The updates are shaped as
     * `gather(x, indices, axis)` is.
     *
     *     scatter(x, i32Indices, rows)        // x[indices] = rows
     */
    scatter(indices: Tensor, updates: Tensor, axis?: number): Tensor;
    /**
     * x with updates added at integer indices along an axis; updates for one index add up, those
     * outside are dropped. The updates are shaped as `gather(x, indices, axis)` is.
     */
    scatterAdd(indices: Tensor, updates: Tensor, axis?: number): Tensor;
    /**
     * The larger of x and of the updates at integer indices along an axis; otherwise as `scatterAdd`.
     * NaN is passed on; equal largest elements share the gradient evenly.
     */
    scatterMax(indices: Tensor, updates: Tensor, axis?: number): Tensor;
    /** The smaller of x and of the updates; otherwise as `scatterMax`. */
    scatterMin(indices: Tensor, updates: Tensor, axis?: number): Tensor;
    /**
     * Where values would be inserted into a sorted vector to keep its order, i32 in the shape of
     * `values`: before equal elements (`side: 'left'`, the default), or behind them (`'right'`). NaN
     * counts as largest. By halving: as many gathers as the length has bits.
     *
     *     searchSorted(edges, x)       // edges[i − 1] < x ≤ edges[i]
     */
    searchSorted(values: Tensor, options?: { readonly side?: 'left' | 'right' }): Tensor;
    /** As segmentSum, the largest of the rows; −∞ or the least integer where there is none. */
    segmentMax(ids: Tensor, count: Dim): Tensor;
    /** As segmentSum, the mean of the rows, of floats; 0 where there is none. */
    segmentMean(ids: Tensor, count: Dim): Tensor;
    /** As segmentSum, the smallest of the rows; ∞ or the largest integer where there is none. */
    segmentMin(ids: Tensor, count: Dim): Tensor;
    /**
     * Sums of the rows of x that have the same id: row s of the result is Σ x[i] where ids[i] = s. Ids
     * cover the leading axes of x, need not be sorted, and are dropped outside 0 … count − 1.
     *
     *     segmentSum(x, ids, 3)      // f32[N, 4], i32[N] gives f32[3, 4]
     */
    segmentSum(ids: Tensor, count: Dim): Tensor;
    /** The self-normalising elu (Klambauer et al., arXiv 1706.02515). `x.selu()` */
    selu(): Tensor;
    /** x · 2ʸ, keeping the low bits; 0 where y is negative or not below the width. */
    shiftLeft(y: TensorLike): Tensor;
    /**
     * ⌊x / 2ʸ⌋: zeros move into unsigned integers, the sign into signed ones, as if for ever where y is
     * outside [0, width).
     */
    shiftRight(y: TensorLike): Tensor;
    /** The logistic function 1 / (1 + e⁻ˣ). */
    sigmoid(): Tensor;
    /** −1, 0 or 1; NaN stays. */
    sign(): Tensor;
    /** x · sigmoid(x), also called swish (Elfwing et al., arXiv 1702.03118). */
    silu(): Tensor;
    /** The sine of x in radians. */
    sin(): Tensor;
    /** (eˣ − e⁻ˣ) / 2. */
    sinh(): Tensor;
    /**
     * x[start : stop : step] on every axis; a negative number counts from the end, a missing stop is
     * the end.
     *
     *     slice(x, [0, 1])          // from row 0, column 1
     *     slice(x, [0], [10], [2])  // rows 0 2 4 6 8
     */
    slice(start: readonly Dim[], stop?: readonly (Dim | undefined)[], step?: readonly number[]): Tensor;
    /** Part of one axis: `sliceAxis(x, 1, 0, 3)` is x[:, 0:3]. */
    sliceAxis(axis: number, start: Dim, stop?: Dim, step?: number): Tensor;
    /**
     * Sign and logarithm of the determinants of square matrices, `[..., n, n]`: no overflow where the
     * determinant has one. f16 and bf16 are computed in f32.
     *
     *     const { logAbsDet } = slogdet(covariance);
     *
     * Gradient: x⁻ᵀ (Giles, Collected matrix derivative results, 2008, 2.2.4); it fails where x is
     * singular.
     *
     * @throws GraphError when x is not square or no float. A call fails where a matrix is not finite.
     */
    slogdet(): SlogdetResult;
    /**
     * huber divided by its delta, here called `beta`: the slope far from 0 is ±1 (Girshick, arXiv
     * 1504.08083).
     *
     *     smoothL1(prediction, target, { beta: 0.5 })   // default 1
     *
     * @throws GraphError when beta is not a positive number.
     */
    smoothL1(target: TensorLike, options?: LossOptions & { readonly beta?: number }): Tensor;
    /** eˣ / Σ eˣ along an axis, the last by default; without overflow. */
    softmax(axis?: number): Tensor;
    /** ln(1 + eˣ), without overflow. */
    softplus(): Tensor;
    /** x / (1 + |x|). `x.softsign()` */
    softsign(): Tensor;
    /**
     * x with a·x = b for square matrices `a`, `[..., n, n]`, by LU factorization with partial pivoting;
     * b is `[..., n, k]`, or a vector `[n]`. Batch axes broadcast. f16 and bf16 are computed in f32.
     *
     *     const x = solve(a, b);        // f32[4, 3, 3], f32[3] -> f32[4, 3]
     *
     * Gradient: Giles, Collected matrix derivative results (2008), 2.2.3.
     *
     * @throws GraphError when shapes do not fit. A call fails, with the matrix's place in the batch,
     * where a matrix is singular (a pivot is exactly 0; one that is nearly so gives large numbers) or
     * not finite.
     */
    solve(b: Tensor): Tensor;
    /**
     * The elements in order along an axis, the last by default. Stable; NaN counts as largest, so it
     * comes last, or first where `descending`.
     *
     *     sort(x)                               // [3, 1, 2] is [1, 2, 3]
     *     sort(x, 0, { descending: true })
     */
    sort(axis?: number, options?: SortOptions): Tensor;
    /**
     * Parts of an axis one after another: a number of equal parts, or their sizes.
     *
     *     const [q, k, v] = split(x, 3, -1);
     */
    split(parts: number | readonly Dim[], axis?: number): readonly Tensor[];
    /** The square root; NaN below 0. */
    sqrt(): Tensor;
    /** x². */
    square(): Tensor;
    /** Without these axes of extent 1; without axes, all axes of extent 1. */
    squeeze(axes?: number | readonly number[]): Tensor;
    /** The standard deviation over axes (all by default); `ddof: 1` divides by n − 1. */
    std(axes?: Axes, options?: ReduceOptions & { readonly ddof?: number }): Tensor;
    /** x itself, through which no gradient flows. `x.sub(stopGradient(x.max()))` */
    stopGradient(): Tensor;
    /** x − y. */
    sub(y: TensorLike): Tensor;
    /**
     * Σ x over axes (all by default), of x's dtype; bool is counted in i32.
     *
     *     x.sum()                        // a scalar
     *     x.sum(-1, { keepDims: true })
     */
    sum(axes?: Axes, options?: ReduceOptions): Tensor;
    /**
     * The singular value decomposition of matrices `[..., m, n]`, thin: k is the smaller of m and n. In
     * each column of u the first component that has at least 0.618 of the largest magnitude is positive:
     * where singular values are distinct and not 0, every runtime gives the same factors. Full matrices
     * are the thin ones completed by the full QR factorization of u and of vtᵀ. f16 and bf16 are
     * computed in f32.
     *
     *     const { u, s, vt } = svd(x);                // x = u·diag(s)·vt
     *     const s = svd(x, { computeUv: false });
     *
     * Gradient: Townsend, Differentiating the singular value decomposition (2016). Singular values that
     * differ by at most max(m, n)·ε·max s count as equal, and then 1 / (sⱼ − sᵢ) as 0; those below that
     * count as 0, and then 1 / s as 0: the gradient is finite, and right where the result does not depend
     * on the choice of vectors within a singular space. The columns that fullMatrices adds have none:
     * asking for it is an error.
     *
     * @throws GraphError when x is no float matrix. A call fails, with the matrix's place in the batch,
     * where a matrix is not finite or the algorithm does not converge.
     */
    svd(options?: SvdOptions & { readonly computeUv?: true }): SvdFactors;
    /**
     * The singular values, descending, `[..., k]`, of matrices `[..., m, n]`: `svd` without vectors. The
     * gradient is finite where values repeat or are 0.
     *
     *     const condition = svdvals(x).max(-1).div(svdvals(x).min(-1));
     *
     * @throws As `svd`.
     */
    svdvals(): Tensor;
    /** Exchanges two axes. */
    swapAxes(a: number, b: number): Tensor;
    /** a · silu(b), where a and b are the halves of an axis, the last by default. */
    swiglu(axis?: number): Tensor;
    /**
     * One element per place along an axis: indices are shaped as x but for the axis, and clamped to it.
     */
    takeAlongAxis(indices: Tensor, axis?: number): Tensor;
    /** The tangent of x in radians. */
    tan(): Tensor;
    /** sinh x / cosh x. */
    tanh(): Tensor;
    /**
     * Σ x · y over pairs of axes: the last `axes` of x with the first of y, or the axes listed for
     * each. The result has the other axes of x, then those of y.
     *
     *     tensordot(x, y, 1)                     // the matrix product of two matrices
     *     tensordot(x, y, [[0, 1], [1, 0]])
     */
    tensordot(y: Tensor, axes?: TensordotAxes): Tensor;
    /** x next to itself, `reps` times along each axis (aligned to the last). */
    tile(reps: number | readonly number[]): Tensor;
    /**
     * The k largest elements along an axis, the last by default, the largest first, and their indices
     * (i32); of equal elements the first ones. NaN counts as largest.
     *
     *     const [values, indices] = topK(logits, 5);
     *
     * @throws GraphError when k is larger than the axis.
     */
    topK(k: Dim, axis?: number): readonly [values: Tensor, indices: Tensor];
    /** The sum of the diagonals of matrices, of the last two axes unless told otherwise. */
    trace(options?: DiagonalOptions): Tensor;
    /**
     * Output axis i is input axis axes[i]; without axes, all axes are reversed. `transpose(x, [0, 2,
     * 1])`
     */
    transpose(axes?: readonly number[]): Tensor;
    /**
     * x with a·x = b for triangular matrices `a`, `[..., n, n]`, by substitution; b is `[..., n, k]`, or
     * a vector `[n]`. Batch axes broadcast. What `a` holds beyond its triangle is not read. f16 and bf16
     * are computed in f32.
     *
     *     const whitened = triangularSolve(cholesky(covariance), centred);
     *     const x = triangularSolve(r, q.transpose().matmul(b), { lower: false });
     *
     * Gradient: Giles, Collected matrix derivative results (2008), 2.3.
     *
     * @throws GraphError when shapes do not fit. A call fails where an element of the diagonal is 0.
     */
    triangularSolve(b: Tensor, options?: TriangularSolveOptions): Tensor;
    /** Zeros above the k-th diagonal of the last two axes. */
    tril(k?: number): Tensor;
    /** Zeros below the k-th diagonal of the last two axes. */
    triu(k?: number): Tensor;
    /** x without its fraction: `trunc(-1.7)` is -1. */
    trunc(): Tensor;
    /** The parts of an axis one by one, without it: `const [x, y] = unstack(points, -1)`. */
    unstack(axis?: number): readonly Tensor[];
    /** The variance over axes (all by default); `ddof: 1` divides by n − 1. */
    variance(axes?: Axes, options?: ReduceOptions & { readonly ddof?: number }): Tensor;
    /** x where the condition holds, y elsewhere; all broadcast. `where(x.greater(0), x, 0)` */
    where(x: TensorLike, y: TensorLike): Tensor;
    /**
     * Sliding windows along axes: an axis of extent L becomes the floor((L − dilation · (size − 1) − 1) / stride) + 1
     * places of a window, and the windows' own axes, one each of extent `size`, stand behind the last of `axes`. Nothing
     * is copied where the result is reduced or multiplied.
     *
     *     windows(x, 1, 3)                              // f32[N, 8] to f32[N, 6, 3]
     *     windows(image, [1, 2], [2, 2], { strides: [2, 2] }).max([3, 4])
     *
     * @throws GraphError when a window does not fit, or axes do not ascend.
     */
    windows(axes: number | readonly number[], sizes: number | readonly number[], options?: {
    readonly strides?: number | readonly number[];
    readonly dilations?: number | readonly number[];
  }): Tensor;
    /** Zeros of x's type. */
    zerosLike(): Tensor;
  }
}

const functions: Readonly<Record<string, unknown>> = {
  abs: ops.abs,
  acos: ops.acos,
  acosh: ops.acosh,
  adaptiveAvgPool: ops.adaptiveAvgPool,
  adaptiveMaxPool: ops.adaptiveMaxPool,
  add: ops.add,
  all: ops.all,
  any: ops.any,
  argMax: ops.argMax,
  argMin: ops.argMin,
  argsort: ops.argsort,
  asin: ops.asin,
  asinh: ops.asinh,
  atLeast1d: ops.atLeast1d,
  atLeast2d: ops.atLeast2d,
  atLeast3d: ops.atLeast3d,
  atan: ops.atan,
  atan2: ops.atan2,
  atanh: ops.atanh,
  avgPool1d: ops.avgPool1d,
  avgPool2d: ops.avgPool2d,
  barrier: ops.barrier,
  batchNorm: ops.batchNorm,
  batchNormInference: ops.batchNormInference,
  binaryCrossEntropyWithLogits: ops.binaryCrossEntropyWithLogits,
  bincount: ops.bincount,
  bitcast: ops.bitcast,
  bitwiseAnd: ops.bitwiseAnd,
  bitwiseNot: ops.bitwiseNot,
  bitwiseOr: ops.bitwiseOr,
  bitwiseXor: ops.bitwiseXor,
  broadcastTo: ops.broadcastTo,
  cast: ops.cast,
  cdist: ops.cdist,
  ceil: ops.ceil,
  celu: ops.celu,
  checkFinite: ops.checkFinite,
  checkIndices: ops.checkIndices,
  cholesky: ops.cholesky,
  chunk: ops.chunk,
  clamp: ops.clamp,
  cofactor: ops.cofactor,
  conv1d: ops.conv1d,
  conv2d: ops.conv2d,
  conv3d: ops.conv3d,
  convTranspose1d: ops.convTranspose1d,
  convTranspose2d: ops.convTranspose2d,
  cos: ops.cos,
  cosh: ops.cosh,
  cosineDistance: ops.cosineDistance,
  cosineSimilarity: ops.cosineSimilarity,
  crossEntropy: ops.crossEntropy,
  cummax: ops.cummax,
  cummin: ops.cummin,
  cumprod: ops.cumprod,
  cumsum: ops.cumsum,
  determinant: ops.determinant,
  diag: ops.diag,
  diagonal: ops.diagonal,
  diagonalMatrix: ops.diagonalMatrix,
  diff: ops.diff,
  div: ops.div,
  dot: ops.dot,
  dropout: ops.dropout,
  dynamicSlice: ops.dynamicSlice,
  dynamicUpdateSlice: ops.dynamicUpdateSlice,
  eigh: ops.eigh,
  eigvalsh: ops.eigvalsh,
  elu: ops.elu,
  embedding: ops.embedding,
  equal: ops.equal,
  erf: ops.erf,
  erfInv: ops.erfInv,
  exp: ops.exp,
  exp2: ops.exp2,
  expandDims: ops.expandDims,
  expm1: ops.expm1,
  fftShift: ops.fftShift,
  flatten: ops.flatten,
  flip: ops.flip,
  floor: ops.floor,
  fullLike: ops.fullLike,
  gather: ops.gather,
  geglu: ops.geglu,
  gelu: ops.gelu,
  globalAvgPool: ops.globalAvgPool,
  globalMaxPool: ops.globalMaxPool,
  glu: ops.glu,
  greater: ops.greater,
  greaterEqual: ops.greaterEqual,
  groupNorm: ops.groupNorm,
  gruCell: ops.gruCell,
  gruGates: ops.gruGates,
  hardSigmoid: ops.hardSigmoid,
  hardSwish: ops.hardSwish,
  hardTanh: ops.hardTanh,
  hinge: ops.hinge,
  histogram: ops.histogram,
  huber: ops.huber,
  ifftShift: ops.ifftShift,
  inner: ops.inner,
  instanceNorm: ops.instanceNorm,
  interpolate: ops.interpolate,
  inverse: ops.inverse,
  isFinite: ops.isFinite,
  isNaN: ops.isNaN,
  klDivergence: ops.klDivergence,
  kron: ops.kron,
  layerNorm: ops.layerNorm,
  leakyRelu: ops.leakyRelu,
  less: ops.less,
  lessEqual: ops.lessEqual,
  log: ops.log,
  log1p: ops.log1p,
  log2: ops.log2,
  logCosh: ops.logCosh,
  logCumsumExp: ops.logCumsumExp,
  logSigmoid: ops.logSigmoid,
  logSoftmax: ops.logSoftmax,
  logSumExp: ops.logSumExp,
  logicalAnd: ops.logicalAnd,
  logicalNot: ops.logicalNot,
  logicalOr: ops.logicalOr,
  logicalXor: ops.logicalXor,
  lstmCell: ops.lstmCell,
  lstmGates: ops.lstmGates,
  lstsq: ops.lstsq,
  lu: ops.lu,
  mae: ops.mae,
  matmul: ops.matmul,
  matrixNorm: ops.matrixNorm,
  matrixPower: ops.matrixPower,
  matrixRank: ops.matrixRank,
  max: ops.max,
  maxPool1d: ops.maxPool1d,
  maxPool2d: ops.maxPool2d,
  maximum: ops.maximum,
  mean: ops.mean,
  median: ops.median,
  min: ops.min,
  minimum: ops.minimum,
  mish: ops.mish,
  mod: ops.mod,
  moveAxis: ops.moveAxis,
  mse: ops.mse,
  mul: ops.mul,
  neg: ops.neg,
  nll: ops.nll,
  nonMaxSuppression: ops.nonMaxSuppression,
  norm: ops.norm,
  normalize: ops.normalize,
  notEqual: ops.notEqual,
  oneHot: ops.oneHot,
  onesLike: ops.onesLike,
  outer: ops.outer,
  pad: ops.pad,
  pinv: ops.pinv,
  pow: ops.pow,
  prelu: ops.prelu,
  prod: ops.prod,
  qr: ops.qr,
  quantile: ops.quantile,
  reciprocal: ops.reciprocal,
  relu: ops.relu,
  relu6: ops.relu6,
  repeat: ops.repeat,
  reshape: ops.reshape,
  rfft: ops.rfft,
  rfft2: ops.rfft2,
  rmsNorm: ops.rmsNorm,
  roll: ops.roll,
  rope: ops.rope,
  rot90: ops.rot90,
  round: ops.round,
  rsqrt: ops.rsqrt,
  scaledDotProductAttention: ops.scaledDotProductAttention,
  scatter: ops.scatter,
  scatterAdd: ops.scatterAdd,
  scatterMax: ops.scatterMax,
  scatterMin: ops.scatterMin,
  searchSorted: ops.searchSorted,
  segmentMax: ops.segmentMax,
  segmentMean: ops.segmentMean,
  segmentMin: ops.segmentMin,
  segmentSum: ops.segmentSum,
  selu: ops.selu,
  shiftLeft: ops.shiftLeft,
  shiftRight: ops.shiftRight,
  sigmoid: ops.sigmoid,
  sign: ops.sign,
  silu: ops.silu,
  sin: ops.sin,
  sinh: ops.sinh,
  slice: ops.slice,
  sliceAxis: ops.sliceAxis,
  slogdet: ops.slogdet,
  smoothL1: ops.smoothL1,
  softmax: ops.softmax,
  softplus: ops.softplus,
  softsign: ops.softsign,
  solve: ops.solve,
  sort: ops.sort,
  split: ops.split,
  sqrt: ops.sqrt,
  square: ops.square,
  squeeze: ops.squeeze,
  std: ops.std,
  stopGradient: ops.stopGradient,
  sub: ops.sub,
  sum: ops.sum,
  svd: ops.svd,
  svdvals: ops.svdvals,
  swapAxes: ops.swapAxes,
  swiglu: ops.swiglu,
  takeAlongAxis: ops.takeAlongAxis,
  tan: ops.tan,
  tanh: ops.tanh,
  tensordot: ops.tensordot,
  tile: ops.tile,
  topK: ops.topK,
  trace: ops.trace,
  transpose: ops.transpose,
  triangularSolve: ops.triangularSolve,
  tril: ops.tril,
  triu: ops.triu,
  trunc: ops.trunc,
  unstack: ops.unstack,
  variance: ops.variance,
  where: ops.where,
  windows: ops.windows,
  zerosLike: ops.zerosLike,
};

for (const [name, value] of Object.entries(functions)) {
  const apply = value as (...operands: readonly unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: readonly unknown[]): unknown {
      return apply(this, ...rest);
    },
  });
}
