// Attention, by MLX's own kernel where it means the same.
#include <mlx/fast.h>

#include <cmath>
#include <limits>
#include <optional>

#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

mx::array product(const mx::array& a, const mx::array& b) {
  if (a.shape(-1) == 0) {
    mx::Shape shape = a.shape();
    shape.back() = b.shape(-1);
    return mx::zeros(shape, a.dtype());
  }
  return mx::matmul(a, b);
}

// What queries may see; none: everything. Query i sees keys up to i, whatever the lengths.
std::optional<mx::array> visible(const Call& call, bool causal) {
  std::optional<mx::array> seen;
  if (call.inputs.size() > 3 && call.in(3).dtype() == mx::bool_) seen = call.in(3);
  if (!causal) return seen;
  const mx::array queries = mx::expand_dims(mx::arange(call.in(0).shape(2)), 1);
  const mx::array keys = mx::expand_dims(mx::arange(call.in(1).shape(2)), 0);
  const mx::array past = mx::greater_equal(queries, keys);
  return seen ? mx::logical_and(*seen, past) : past;
}

// MLX aligns its causal mask with the last key, and gives a query that sees nothing some value
// instead of NaN: its kernel takes what has neither. Gradients are graphs of ours.
bool means_the_same(const Call& call, bool causal) {
  const mx::array& q = call.in(0);
  if (device().approximates || q.dtype() == mx::float64 || call.inputs.size() > 3) return false;
  return !causal || q.shape(2) == call.in(1).shape(2);
}

}  // namespace

mx::array lower_scaledDotProductAttention(const Call& call) {
  const mx::array& q = call.in(0);
  const mx::array& k = call.in(1);
  const mx::array& v = call.in(2);
  const double scale = call.attributes.number(0);
  const bool causal = call.attributes.flag(1);
  if (q.size() == 0 || k.size() == 0 || v.size() == 0)
    return mx::zeros(call.out().shape, q.dtype());
  if (means_the_same(call, causal)) {
    return mx::fast::scaled_dot_product_attention(q, k, v, static_cast<float>(scale),
                                                  causal ? "causal" : "");
  }
  // The heads that share a head of k stand one below the other: keys are not repeated.
  const int share = q.shape(1) / k.shape(1);
  const mx::Shape below = {q.shape(0), k.shape(1), share * q.shape(2), q.shape(3)};
  const mx::Shape square = {q.shape(0), q.shape(1), q.shape(2), k.shape(2)};
  mx::array scores = product(mx::reshape(q, below), mx::swapaxes(k, -1, -2));
  scores = mx::multiply(mx::reshape(scores, square), like(scores, scale));
  if (call.inputs.size() > 3 && call.in(3).dtype() != mx::bool_)
    scores = mx::add(scores, call.in(3));
  if (const auto seen = visible(call, causal)) {
    const double none = -std::numeric_limits<double>::infinity();
    scores = mx::where(*seen, scores, like(scores, none));
  }
  const mx::array weights = mx::reshape(
      softmax_along(scores, 3), {below[0], below[1], below[2], static_cast<int>(k.shape(2))});
  return mx::reshape(product(weights, v), call.out().shape);
}

}  // namespace vorab::on_mlx
