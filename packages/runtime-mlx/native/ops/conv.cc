// Windows and convolutions. MLX's convolution where it has one for the operands; otherwise windows
// as rows of a matrix.
#include <algorithm>
#include <numeric>

#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

using Ints = std::vector<int>;

mx::Strides dense_strides(const mx::Shape& shape) {
  mx::Strides strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

struct Windows {
  Ints axes;
  Ints sizes, strides, dilations;
};

// out[..., o, ..., k, ...] = x[..., stride * o + dilation * k, ...]; window axes stand behind the
// last of axes.
mx::array windows_of(const mx::array& x, const Windows& w) {
  mx::Shape shape = x.shape(), sizes;
  const mx::Strides dense = dense_strides(x.shape());
  mx::Strides strides = dense, steps;
  for (size_t i = 0; i < w.axes.size(); ++i) {
    const auto axis = static_cast<size_t>(w.axes[i]);
    shape[axis] = (shape[axis] - w.dilations[i] * (w.sizes[i] - 1) - 1) / w.strides[i] + 1;
    strides[axis] = dense[axis] * w.strides[i];
    sizes.push_back(w.sizes[i]);
    steps.push_back(dense[axis] * w.dilations[i]);
  }
  const auto at = w.axes.empty() ? 0 : w.axes.back() + 1;
  shape.insert(shape.begin() + at, sizes.begin(), sizes.end());
  strides.insert(strides.begin() + at, steps.begin(), steps.end());
  if (x.size() == 0) return mx::zeros(shape, x.dtype());
  return mx::as_strided(x, shape, strides, 0);
}

// A convolution's attributes: strides, low, high, inputDilation, kernelDilation, groups.
struct Conv {
  explicit Conv(const Call& call)
      : strides(call.axes(0)),
        low(call.attributes.shape(1).begin(), call.attributes.shape(1).end()),
        high(call.attributes.shape(2).begin(), call.attributes.shape(2).end()),
        in_dilation(call.axes(3)),
        dilation(call.axes(4)),
        groups(call.axis(5)) {}

  size_t spatial() const { return strides.size(); }

  Ints strides, low, high, in_dilation, dilation;
  int groups;
};

bool all_are(const Ints& list, int value) {
  return std::all_of(list.begin(), list.end(), [&](int n) { return n == value; });
}

// Zeros between neighbours and around them; negative pads cut places off.
mx::array padded(const mx::array& x, const Conv& c) {
  if (all_are(c.low, 0) && all_are(c.high, 0) && all_are(c.in_dilation, 1)) return x;
  mx::Shape wide = x.shape(), start(x.ndim(), 0), stop = wide, step(x.ndim(), 1), from = start,
            to = wide;
  for (size_t i = 0; i < c.spatial(); ++i) {
    const size_t a = i + 1;
    const int covered = (x.shape(static_cast<int>(a)) - 1) * c.in_dilation[i] + 1;
    start[a] = std::max(c.low[i], 0);
    stop[a] = start[a] + covered;
    step[a] = c.in_dilation[i];
    wide[a] = stop[a] + std::max(c.high[i], 0);
    from[a] = std::max(-c.low[i], 0);
    to[a] = wide[a] - std::max(-c.high[i], 0);
  }
  const mx::array spread = mx::slice_update(mx::zeros(wide, x.dtype()), x, start, stop, step);
  return mx::slice(spread, from, to);
}

int product(const mx::Shape& shape, size_t from, size_t to) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(from),
                         shape.begin() + static_cast<std::ptrdiff_t>(to), 1, std::multiplies<>());
}

// [..., G, C] to [G, ..., C].
mx::array group_first(const mx::array& x) { return mx::moveaxis(x, -2, 0); }

// The windows of x as rows: [groups, N * places, window * channels].
mx::array patches(const mx::array& x, const Ints& window, const Conv& c) {
  const mx::array wide = padded(x, c);
  mx::Shape shape = wide.shape();
  const int channels = shape.back() / c.groups;
  shape.back() = c.groups;
  shape.push_back(channels);
  Ints axes(c.spatial());
  std::iota(axes.begin(), axes.end(), 1);
  const mx::array windows =
      group_first(windows_of(mx::reshape(wide, shape), {axes, window, c.strides, c.dilation}));
  const int rows = product(windows.shape(), 1, c.spatial() + 2);
  return mx::reshape(windows,
                     {c.groups, rows, product(windows.shape(), c.spatial() + 2, windows.ndim())});
}

// [..., G * F] to [G, rows, F], and back.
mx::array by_group(const mx::array& x, int groups) {
  const int features = x.shape(-1) / groups;
  const auto rows = static_cast<int>(x.size() / static_cast<size_t>(x.shape(-1)));
  return group_first(mx::reshape(x, {rows, groups, features}));
}

mx::array ungroup(const mx::array& x, const mx::Shape& shape) {
  return mx::reshape(mx::transpose(x, {1, 0, 2}), shape);
}

Ints window_of(const mx::array& w) { return {w.shape().begin(), w.shape().end() - 2}; }

bool on_cpu() { return std::string_view(device().kind) == "cpu"; }

// On a CPU, MLX's convolution is a loop over elements where there are groups or dilations; nowhere
// does it take f64.
bool multiplies_windows(const mx::array& x, const Conv& c) {
  if (x.dtype() == mx::float64) return true;
  const bool plain = c.groups == 1 && all_are(c.in_dilation, 1) && all_are(c.dilation, 1);
  return on_cpu() && !plain;
}

// MLX's own, whose kernels are [features, ...window, channels]; pads that cut are cut before.
mx::array convolve(const mx::array& x, const mx::array& kernel, const Conv& c) {
  const auto cuts = [](const Ints& pads) {
    return std::any_of(pads.begin(), pads.end(), [](int n) { return n < 0; });
  };
  const Ints none(c.spatial(), 0), one(c.spatial(), 1);
  if (cuts(c.low) || cuts(c.high))
    return mx::conv_general(padded(x, c), kernel, c.strides, none, none, c.dilation, one, c.groups);
  return mx::conv_general(x, kernel, c.strides, c.low, c.high, c.dilation, c.in_dilation, c.groups);
}

// Halves are multiplied in f32 and rounded once; GPUs do so in their own kernels.
template <class Function>
mx::array in_wide(const mx::array& x, const mx::array& y, Function function) {
  if (!is_half(x) || !on_cpu()) return function(x, y);
  return mx::astype(function(mx::astype(x, mx::float32), mx::astype(y, mx::float32)), x.dtype());
}

// The kernel's gradient is a convolution whose batch is the channels, and whose channels are the
// batch: the cotangent is its kernel, strides and dilations change places.
mx::array exchanged(const mx::array& x, const mx::array& ct, const Ints& window, const Conv& c) {
  const auto last = static_cast<int>(c.spatial()) + 1;
  mx::Shape split = x.shape();
  split.back() = c.groups;
  split.push_back(x.shape(-1) / c.groups);
  const mx::array turned = mx::swapaxes(mx::reshape(x, split), 0, -1);  // [C, ...space, G, N]
  mx::Shape joined(turned.shape().begin(), turned.shape().end() - 1);
  joined.back() = c.groups * x.shape(0);
  Conv inner = c;
  inner.strides = c.dilation, inner.dilation = c.strides;
  for (size_t i = 0; i < c.spatial(); ++i) {
    const int axis = static_cast<int>(i) + 1;
    const int spread = (x.shape(axis) - 1) * c.in_dilation[i] + 1;
    inner.high[i] = c.strides[i] * (ct.shape(axis) - 1) + c.dilation[i] * (window[i] - 1) + 1 -
                    spread - c.low[i];
  }
  const mx::array sums = convolve(mx::reshape(turned, joined), mx::swapaxes(ct, 0, last), inner);
  return mx::moveaxis(sums, 0, last - 1);  // [...window, C, F]
}

}  // namespace

mx::array lower_windows(const Call& call) {
  return windows_of(call.in(0), {call.axes(0), call.axes(1), call.axes(2), call.axes(3)});
}

mx::array lower_conv(const Call& call) {
  const Conv c(call);
  const mx::Shape& shape = call.out().shape;
  if (call.in(0).size() == 0 || call.in(1).size() == 0 || product(shape, 0, shape.size()) == 0)
    return mx::zeros(shape, call.out().dtype);
  return in_wide(call.in(0), call.in(1), [&](const mx::array& x, const mx::array& w) {
    if (!multiplies_windows(x, c)) return convolve(x, mx::moveaxis(w, -1, 0), c);
    return ungroup(mx::matmul(patches(x, window_of(w), c), by_group(w, c.groups)), shape);
  });
}

mx::array lower_convKernelGradient(const Call& call) {
  const Conv c(call);
  const Ints window = call.axes(6);
  const mx::Shape& shape = call.out().shape;
  if (call.in(0).size() == 0 || call.in(1).size() == 0) return mx::zeros(shape, call.out().dtype);
  return in_wide(call.in(0), call.in(1), [&](const mx::array& x, const mx::array& ct) {
    Conv turned = c;  // as `exchanged` will ask for it
    turned.dilation = c.strides;
    if (!multiplies_windows(x, turned)) return exchanged(x, ct, window, c);
    const mx::array rows = mx::swapaxes(patches(x, window, c), -1, -2);
    return ungroup(mx::matmul(rows, by_group(ct, c.groups)), shape);
  });
}

}  // namespace vorab::on_mlx
