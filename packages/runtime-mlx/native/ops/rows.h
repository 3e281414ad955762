// The lowerings of every op, by family. lowering.cc makes the table out of them and of the
// generated op list.
#pragma once

#include "runtime-mlx/native/call.h"

namespace vorab::on_mlx {

// leaf.cc
mx::array lower_full(const Call& call);
mx::array lower_iota(const Call& call);
mx::array lower_constant(const Call& call);
mx::array lower_sizeOf(const Call& call);

// elementwise.cc, from elementwise.inc
#define VORAB_MLX(name, ...) mx::array lower_##name(const Call& call);
#include "runtime-mlx/native/ops/elementwise.inc"
#undef VORAB_MLX

// reduce.cc
mx::array lower_sum(const Call& call);
mx::array lower_prod(const Call& call);
mx::array lower_max(const Call& call);
mx::array lower_min(const Call& call);
mx::array lower_any(const Call& call);
mx::array lower_all(const Call& call);
mx::array lower_argMax(const Call& call);
mx::array lower_argMin(const Call& call);

// view.cc
mx::array lower_reshape(const Call& call);
mx::array lower_transpose(const Call& call);
mx::array lower_broadcast(const Call& call);
mx::array lower_slice(const Call& call);
mx::array lower_pad(const Call& call);
mx::array lower_concat(const Call& call);
mx::array lower_flip(const Call& call);

// conv.cc
mx::array lower_windows(const Call& call);
mx::array lower_conv(const Call& call);
mx::array lower_convKernelGradient(const Call& call);
mx::array lower_barrier(const Call& call);

// checks.cc
mx::array lower_checkFinite(const Call& call);
mx::array lower_checkIndices(const Call& call);

// contract.cc
mx::array lower_matmul(const Call& call);

// indexed.cc
mx::array lower_gather(const Call& call);
mx::array lower_takeAlongAxis(const Call& call);
mx::array lower_scatterAdd(const Call& call);
mx::array lower_scatter(const Call& call);
mx::array lower_scatterMax(const Call& call);
mx::array lower_scatterMin(const Call& call);

// order.cc
std::vector<mx::array> lower_sort(const Call& call);
mx::array lower_cumsum(const Call& call);
mx::array lower_cumprod(const Call& call);
mx::array lower_cummax(const Call& call);
mx::array lower_cummin(const Call& call);
mx::array lower_logCumsumExp(const Call& call);

// composite.cc, from composites.inc
mx::array lower_layerNorm(const Call& call);
mx::array lower_logSumExp(const Call& call);
mx::array lower_rmsNorm(const Call& call);
mx::array lower_softmax(const Call& call);
std::vector<mx::array> lower_threefry2x32(const Call& call);

// attention.cc
mx::array lower_scaledDotProductAttention(const Call& call);

// linalg.cc, from host.inc
#define VORAB_MLX_HOST(name) std::vector<mx::array> lower_##name(const Call& call);
#include "runtime-mlx/native/host.inc"
#undef VORAB_MLX_HOST

}  // namespace vorab::on_mlx
