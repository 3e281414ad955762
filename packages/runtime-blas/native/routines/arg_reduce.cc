// argMax and argMin: the first of equals; the first NaN wins over every number; 0 over an empty
// axis.
#include <algorithm>
#include <type_traits>

#include "routine.h"

namespace vorab::blas {
namespace {

template <class T, bool Max>
bool better(T x, T best) {
  if constexpr (std::is_floating_point_v<T>) {
    if (best != best) return false;
    if (x != x) return true;
  }
  return Max ? x > best : x < best;
}

// [extent, inner] to inner indices.
template <class T, bool Max>
void plane(const std::byte* data, int32_t* out, int64_t extent, int64_t inner) {
  const T* x = reinterpret_cast<const T*>(data);
  for (int64_t j = 0; j < inner; ++j) {
    T best = x[j];
    int32_t at = 0;
    for (int64_t a = 1; a < extent; ++a) {
      const T value = x[a * inner + j];
      if (!better<T, Max>(value, best)) continue;
      best = value;
      at = static_cast<int32_t>(a);
    }
    out[j] = at;
  }
}

using PlaneFn = void (*)(const std::byte* data, int32_t* out, int64_t extent, int64_t inner);

template <bool Max>
PlaneFn plane_of(Dt dtype) {
  switch (dtype) {
    case Dt::F32: return &plane<float, Max>;
    case Dt::F64: return &plane<double, Max>;
    case Dt::I32: return &plane<int32_t, Max>;
    case Dt::U32: return &plane<uint32_t, Max>;
    case Dt::I64: return &plane<int64_t, Max>;
    case Dt::Bool:
    case Dt::U8: return &plane<uint8_t, Max>;
    case Dt::I8: return &plane<int8_t, Max>;
    case Dt::F16:
    case Dt::BF16: return nullptr;  // through f32, in the constructor
  }
  return nullptr;
}

template <bool Max>
class ArgStep : public Step {
 public:
  explicit ArgStep(const RoutineCall& call)
      : x_(call.in(0)), out_(call.out()), plane_(plane_of<Max>(x_.dtype)) {
    view_ = axis_view(x_.shape, call.axis(0, x_.shape));
    require(out_.dtype == Dt::I32 && out_.elements() == view_.outer * view_.inner,
            "argMax has another shape");
    if (plane_ == nullptr) {
      plane_ = plane_of<Max>(Dt::F32);
      widen_ = call.binder.kernels.scalar({OP_cast, 1, Dt::F32, {x_.dtype}});
    }
    constexpr int64_t kGrain = 16 << 10;
    tasks_ =
        std::clamp<int64_t>(x_.elements() / kGrain, 1, std::clamp<int64_t>(view_.outer, 1, 64));
  }

  void run(const RunContext& context) override {
    const int64_t element = static_cast<int64_t>(width(x_.dtype)),
                  size = view_.extent * view_.inner;
    auto* out = reinterpret_cast<int32_t*>(context.values[out_.value]);
    if (size == 0) {  // over an empty axis: 0
      std::fill_n(out, out_.elements(), 0);
      return;
    }
    context.pool.run(tasks_, [&](int64_t task, int thread) {
      for (int64_t o = view_.outer * task / tasks_; o < view_.outer * (task + 1) / tasks_; ++o) {
        const std::byte* x = context.values[x_.value] + o * size * element;
        if (widen_ != nullptr) {
          std::byte* wide = context.scratch[static_cast<size_t>(thread)];
          widen_(wide, x, nullptr, nullptr, nullptr, static_cast<size_t>(size), 0);
          x = wide;
        }
        plane_(x, out + o * view_.inner, view_.extent, view_.inner);
      }
    });
  }

  int64_t scratch_bytes() const override {
    return widen_
               ? (view_.extent * view_.inner * static_cast<int64_t>(sizeof(float)) + 63) / 64 * 64
               : 0;
  }

 private:
  ValueRef x_, out_;
  PlaneFn plane_;
  ScalarFn widen_ = nullptr;
  AxisView view_;
  int64_t tasks_ = 1;
};

}  // namespace

StepPtr make_argMax(const RoutineCall& call) { return std::make_unique<ArgStep<true>>(call); }
StepPtr make_argMin(const RoutineCall& call) { return std::make_unique<ArgStep<false>>(call); }

}  // namespace vorab::blas
