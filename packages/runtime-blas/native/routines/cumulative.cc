// Running reductions along an axis. Floats are accumulated in f64, halves converted as a whole.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "artifact/native/ops.h"
#include "routine.h"

namespace vorab::blas {
namespace {

// ------------------------------------------------------------------------------------------
// meaning

// Sums and products of integers wrap.
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;

struct Sum {
  template <class T>
  static T combine(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      return a + b;
    else
      return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
  }
};

struct Product {
  template <class T>
  static T combine(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      return a * b;
    else
      return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  }
};

// The first NaN stays.
template <bool Max>
struct Extreme {
  template <class T>
  static T combine(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      if (a != a) return a;
      if (b != b) return b;
    }
    return (Max ? b > a : b < a) ? b : a;
  }
};

struct LogAddExp {
  template <class T>
  static T combine(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      if (a != a || b != b) return a + b;
      const T top = std::max(a, b);
      return std::isfinite(top) ? top + std::log1p(std::exp(-std::fabs(a - b))) : top;
    } else {
      return a;  // never bound: the op takes floats
    }
  }
};

// ------------------------------------------------------------------------------------------ loops

// Columns [0, n) of [extent, inner]; step is +1, or -1 from the last row on. Accumulators as wide
// as the sum of the dtype needs.
template <class T, class Op>
void columns(const std::byte* from, std::byte* to, std::byte* scratch, int64_t extent,
             int64_t inner, int64_t n, bool reverse) {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, T>;
  const int64_t first = reverse ? (extent - 1) * inner : 0, step = reverse ? -inner : inner;
  const T* x = reinterpret_cast<const T*>(from) + first;
  T* y = reinterpret_cast<T*>(to) + first;
  if (n == 1) {
    Wide total = static_cast<Wide>(*x);
    *y = *x;
    for (int64_t i = 1; i < extent; ++i) {
      total = Op::combine(total, static_cast<Wide>(x[i * step]));
      y[i * step] = static_cast<T>(total);
    }
    return;
  }
  auto* totals = reinterpret_cast<Wide*>(scratch);
  for (int64_t j = 0; j < n; ++j) {
    totals[j] = static_cast<Wide>(x[j]);
    y[j] = x[j];
  }
  for (int64_t i = 1; i < extent; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      totals[j] = Op::combine(totals[j], static_cast<Wide>(x[i * step + j]));
      y[i * step + j] = static_cast<T>(totals[j]);
    }
  }
}

using ColumnsFn = void (*)(const std::byte* from, std::byte* to, std::byte* scratch, int64_t extent,
                           int64_t inner, int64_t n, bool reverse);

template <class Op>
ColumnsFn columns_of(Dt dtype) {
  switch (dtype) {
    case Dt::F32: return &columns<float, Op>;
    case Dt::F64: return &columns<double, Op>;
    case Dt::I32: return &columns<int32_t, Op>;
    case Dt::U32: return &columns<uint32_t, Op>;
    case Dt::I64: return &columns<int64_t, Op>;
    case Dt::U8: return &columns<uint8_t, Op>;
    case Dt::I8: return &columns<int8_t, Op>;
    case Dt::F16:
    case Dt::BF16: return nullptr;  // through f32, in the constructor
    case Dt::Bool: break;
  }
  throw BadPlan("a running reduction of bool");
}

// ------------------------------------------------------------------------------------------ step

constexpr int64_t kMostColumns = 512;  // whose accumulators stay in the nearest cache

class CumulativeStep : public Step {
 public:
  CumulativeStep(const RoutineCall& call, ColumnsFn (*pick)(Dt))
      : x_(call.in(0)), out_(call.out()), columns_(pick(x_.dtype)) {
    view_ = axis_view(x_.shape, call.axis(0, x_.shape));
    reverse_ = bool_attr(call.attributes, 1);
    require(out_.shape == x_.shape && out_.dtype == x_.dtype,
            "a running reduction has another shape");
    if (columns_ == nullptr) {
      columns_ = pick(Dt::F32);
      widen_ = call.binder.kernels.scalar({OP_cast, 1, Dt::F32, {x_.dtype}});
      narrow_ = call.binder.kernels.scalar({OP_cast, 1, x_.dtype, {Dt::F32}});
      require(widen_ != nullptr && narrow_ != nullptr, "no kernel converts halves");
    }
    // Halves are converted by planes, which are contiguous; others are cut into columns.
    parts_ = widen_ ? 1 : std::max<int64_t>((view_.inner + kMostColumns - 1) / kMostColumns, 1);
    units_ = view_.outer * parts_;
    constexpr int64_t kGrain = 16 << 10;
    tasks_ = std::clamp<int64_t>(x_.elements() / kGrain, 1, std::clamp<int64_t>(units_, 1, 64));
  }

  void run(const RunContext& context) override {
    if (x_.elements() == 0) return;
    context.pool.run(tasks_, [&](int64_t task, int thread) {
      std::byte* scratch = context.scratch[static_cast<size_t>(thread)];
      for (int64_t u = units_ * task / tasks_; u < units_ * (task + 1) / tasks_; ++u)
        widen_ ? halves(context, u, scratch) : part(context, u, scratch);
    });
  }

  int64_t scratch_bytes() const override {
    const int64_t accumulators = 8 * (widen_ ? view_.inner : std::min(view_.inner, kMostColumns));
    const int64_t plane = widen_ ? 4 * view_.extent * view_.inner : 0;
    return (accumulators + plane + 63) / 64 * 64;
  }

 private:
  void part(const RunContext& context, int64_t unit, std::byte* scratch) const {
    const int64_t outer = unit / parts_, block = unit % parts_;
    const int64_t from = view_.inner * block / parts_, to = view_.inner * (block + 1) / parts_;
    const int64_t start =
        (outer * view_.extent * view_.inner + from) * static_cast<int64_t>(width(x_.dtype));
    columns_(context.values[x_.value] + start, context.values[out_.value] + start, scratch,
             view_.extent, view_.inner, to - from, reverse_);
  }

  void halves(const RunContext& context, int64_t outer, std::byte* scratch) const {
    const int64_t size = view_.extent * view_.inner;
    const int64_t start = outer * size * static_cast<int64_t>(width(x_.dtype));
    std::byte* plane = scratch + 8 * view_.inner;
    widen_(plane, context.values[x_.value] + start, nullptr, nullptr, nullptr,
           static_cast<size_t>(size), 0);
    columns_(plane, plane, scratch, view_.extent, view_.inner, view_.inner, reverse_);
    narrow_(context.values[out_.value] + start, plane, nullptr, nullptr, nullptr,
            static_cast<size_t>(size), 0);
  }

  ValueRef x_, out_;
  ColumnsFn columns_;
  ScalarFn widen_ = nullptr, narrow_ = nullptr;
  AxisView view_;
  bool reverse_ = false;
  int64_t parts_ = 1, units_ = 1, tasks_ = 1;
};

template <class Op>
StepPtr make(const RoutineCall& call) {
  return std::make_unique<CumulativeStep>(call, &columns_of<Op>);
}

}  // namespace

StepPtr make_cumsum(const RoutineCall& call) { return make<Sum>(call); }
StepPtr make_cumprod(const RoutineCall& call) { return make<Product>(call); }
StepPtr make_cummax(const RoutineCall& call) { return make<Extreme<true>>(call); }
StepPtr make_cummin(const RoutineCall& call) { return make<Extreme<false>>(call); }
StepPtr make_logCumsumExp(const RoutineCall& call) { return make<LogAddExp>(call); }

}  // namespace vorab::blas
