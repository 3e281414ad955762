// Attention whole, and its gradient.
#include "../attention/gradient_step.h"
#include "routine.h"

namespace vorab::blas {
namespace {

Heads heads_of(const ValueRef& ref) {
  require(ref.shape.rank == 4, "an operand of attention has another rank");
  const std::vector<int64_t> strides = dense_strides(ref.shape);
  return {ref.value, strides[0], strides[1], strides[2], ref.shape[3]};
}

// Attributes: scale, causal.
AttentionShape shape_of(const RoutineCall& call) {
  const Shape &q = call.in(0).shape, &k = call.in(1).shape, &v = call.in(2).shape;
  require(q.rank == 4 && k.rank == 4 && v.rank == 4, "an operand of attention has another rank");
  require(q[0] == k[0] && k[0] == v[0] && k[1] == v[1] && k[2] == v[2] && q[3] == k[3] &&
              k[1] > 0 && q[1] % k[1] == 0,
          "the operands of attention do not fit together");
  AttentionShape s;
  s.batch = q[0], s.heads = q[1], s.shared = k[1], s.queries = q[2], s.keys = k[2], s.dim = q[3],
  s.width = v[3];
  s.scale = float_attr(call.attributes, 0);
  s.causal = bool_attr(call.attributes, 1);
  return s;
}

ScoreMask mask_of(const ValueRef& ref, const AttentionShape& s, Dt dtype) {
  require(ref.shape.rank == 4 && (ref.dtype == Dt::Bool || ref.dtype == dtype),
          "the mask of attention has another rank or dtype");
  const int64_t whole[] = {s.batch, s.heads, s.queries, s.keys};
  std::vector<int64_t> strides = dense_strides(ref.shape);
  for (size_t d = 0; d < 4; ++d) {
    require(ref.shape[d] == whole[d] || ref.shape[d] == 1, "the mask of attention does not fit");
    if (ref.shape[d] == 1) strides[d] = 0;
  }
  return {true, ref.dtype != Dt::Bool, ref.value, strides[0], strides[1], strides[2], strides[3]};
}

// masked: how many inputs there are with a mask.
AttentionOperands operands_of(const RoutineCall& call, const AttentionShape& s, size_t masked) {
  AttentionOperands out{heads_of(call.in(0)), heads_of(call.in(1)), heads_of(call.in(2)), {}};
  const Dt dtype = call.in(0).dtype;
  require(call.in(1).dtype == dtype && call.in(2).dtype == dtype,
          "the operands of attention differ in dtype");
  if (call.inputs.size() == masked) out.mask = mask_of(call.in(3), s, dtype);
  return out;
}

void check(const ValueRef& ref, const AttentionShape& s, int64_t heads, int64_t length,
           int64_t width, Dt dtype) {
  require(ref.dtype == dtype && ref.shape.rank == 4 && ref.shape[0] == s.batch &&
              ref.shape[1] == heads && ref.shape[2] == length && ref.shape[3] == width,
          "a result of attention has another type");
}

}  // namespace

StepPtr make_scaledDotProductAttention(const RoutineCall& call) {
  const AttentionShape s = shape_of(call);
  const Dt dtype = call.in(0).dtype;
  check(call.out(), s, s.heads, s.queries, s.width, dtype);
  return std::make_unique<AttentionStep>(s, operands_of(call, s, 4), heads_of(call.out()), dtype,
                                         call.binder.kernels);
}

StepPtr make_scaledDotProductAttentionVjp(const RoutineCall& call) {
  const AttentionShape s = shape_of(call);
  const Dt dtype = call.in(0).dtype;
  const size_t n = call.inputs.size();
  require((n == 5 || n == 6) && call.outputs.size() == 3,
          "the gradient of attention has another number of operands");
  const ValueRef &out = call.in(n - 2), &ct = call.in(n - 1);
  check(out, s, s.heads, s.queries, s.width, dtype);
  check(ct, s, s.heads, s.queries, s.width, dtype);
  check(call.outputs[0], s, s.heads, s.queries, s.dim, dtype);
  check(call.outputs[1], s, s.shared, s.keys, s.dim, dtype);
  check(call.outputs[2], s, s.shared, s.keys, s.width, dtype);
  const GradientOperands gradient{heads_of(out), heads_of(ct), heads_of(call.outputs[0]),
                                  heads_of(call.outputs[1]), heads_of(call.outputs[2])};
  return std::make_unique<AttentionGradientStep>(s, operands_of(call, s, 6), gradient, dtype,
                                                 call.binder.kernels);
}

}  // namespace vorab::blas
