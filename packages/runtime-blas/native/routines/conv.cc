// Convolutions whole, and their gradients for the kernel.
#include "../conv/conv_step.h"
#include "../conv/kernel_gradient_step.h"
#include "routine.h"

namespace vorab::blas {
namespace {

constexpr int64_t kMost = int64_t{1} << 31;  // of every number, so that products of two are safe

// Attributes: strides, low, high, inputDilation, kernelDilation, groups.
struct ConvAttributes {
  explicit ConvAttributes(const RoutineCall& call)
      : strides(ints_attr(call.attributes, 0)),
        low(shape_attr(call.attributes, 1, call.binder.binding)),
        high(shape_attr(call.attributes, 2, call.binder.binding)),
        in_dilation(ints_attr(call.attributes, 3)),
        dilation(ints_attr(call.attributes, 4)),
        groups(int_attr(call.attributes, 5)) {}

  std::vector<int64_t> strides;
  Shape low, high;
  std::vector<int64_t> in_dilation, dilation;
  int64_t groups;
};

ConvAxis axis_of(const ConvAttributes& a, size_t i) {
  ConvAxis axis;
  axis.stride = a.strides[i], axis.low = a.low[i];
  axis.in_dilation = a.in_dilation[i], axis.dilation = a.dilation[i];
  for (int64_t n : {axis.stride, axis.in_dilation, axis.dilation})
    require(n >= 1 && n < kMost, "a convolution's stride or dilation is out of range");
  require(axis.low > -kMost && axis.low < kMost && a.high[i] > -kMost && a.high[i] < kMost,
          "a convolution's pads are out of range");
  return axis;
}

// As many windows as fit into what is left after dilation and pads.
void check_count(const ConvAxis& axis, int64_t high) {
  const int64_t spread = axis.in == 0 ? 0 : (axis.in - 1) * axis.in_dilation + 1;
  const int64_t room = spread + axis.low + high - (axis.dilation * (axis.window - 1) + 1);
  require(axis.window >= 1 && room >= 0 && room / axis.stride + 1 == axis.out,
          "a convolution has another number of windows");
}

// x: [N, ...in, groups * channels], out: [N, ...out, groups * features].
ConvShape shape_of(const ConvAttributes& a, const Shape& x, const Shape& out,
                   const std::vector<int64_t>& window) {
  const size_t spatial = window.size();
  require(spatial >= 1 && spatial <= kSpatial && x.rank == spatial + 2 && out.rank == x.rank &&
              a.strides.size() == spatial && a.low.rank == spatial && a.high.rank == spatial &&
              a.in_dilation.size() == spatial && a.dilation.size() == spatial,
          "a convolution has another rank");
  ConvShape s;
  s.batch = x[0], s.groups = a.groups;
  require(out[0] == s.batch && s.groups >= 1 && x[spatial + 1] % s.groups == 0 &&
              out[spatial + 1] % s.groups == 0,
          "a convolution has other groups or batch");
  s.channels = x[spatial + 1] / s.groups, s.features = out[spatial + 1] / s.groups;
  for (size_t i = 0; i < spatial; ++i) {
    ConvAxis axis = axis_of(a, i);
    axis.in = x[i + 1], axis.window = window[i], axis.out = out[i + 1];
    check_count(axis, a.high[i]);
    s.axis[kSpatial - spatial + i] = axis;
  }
  return s;
}

void check_kernel(const ConvShape& s, const Shape& w, const std::vector<int64_t>& window) {
  const size_t spatial = window.size();
  require(w.rank == spatial + 2 && w[spatial] == s.channels && w[spatial + 1] == s.all_features(),
          "a convolution's kernel has another shape");
  for (size_t i = 0; i < spatial; ++i)
    require(w[i] == window[i], "a convolution's kernel has another window");
}

Dt same_dtype(const RoutineCall& call) {
  const Dt dtype = call.out().dtype;
  require(call.in(0).dtype == dtype && call.in(1).dtype == dtype,
          "a convolution's operands differ in dtype");
  return dtype;
}

}  // namespace

StepPtr make_conv(const RoutineCall& call) {
  const ValueRef &x = call.in(0), &w = call.in(1), &out = call.out();
  require(w.shape.rank >= 3, "a convolution's kernel has another rank");
  const std::vector<int64_t> window(w.shape.begin(), w.shape.end() - 2);
  const ConvShape shape = shape_of(ConvAttributes(call), x.shape, out.shape, window);
  check_kernel(shape, w.shape, window);
  return std::make_unique<ConvStep>(shape, same_dtype(call),
                                    ConvValues{x.value, w.value, out.value}, call.binder.kernels);
}

StepPtr make_convKernelGradient(const RoutineCall& call) {
  const ValueRef &x = call.in(0), &ct = call.in(1), &out = call.out();
  const std::vector<int64_t> window = ints_attr(call.attributes, 6);
  const ConvShape shape = shape_of(ConvAttributes(call), x.shape, ct.shape, window);
  check_kernel(shape, out.shape, window);
  return std::make_unique<KernelGradientStep>(shape, same_dtype(call),
                                              KernelGradientValues{x.value, ct.value, out.value},
                                              call.binder.kernels);
}

}  // namespace vorab::blas
