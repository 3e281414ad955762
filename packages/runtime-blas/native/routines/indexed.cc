// gather, takeAlongAxis (indices clamp to the axis) and scatter (what lies outside is dropped).
#include <algorithm>
#include <cstring>

#include "artifact/native/ops.h"
#include "routine.h"

namespace vorab::blas {
namespace {

constexpr int64_t kGrain = 32 << 10;  // bytes moved by one task

int64_t tasks_for(int64_t bytes, int64_t most) {
  return std::clamp<int64_t>(bytes / kGrain, 1, std::min<int64_t>(most, 64));
}

// From an empty axis there is nothing to clamp to: zeros.
void clear(const RunContext& context, const ValueRef& out) {
  if (out.bytes() == 0) return;
  std::memset(context.values[out.value], 0, static_cast<size_t>(out.bytes()));
}

// Rows of `bytes` each, [outer, picks] of them, from x[outer, extent].
class GatherStep : public Step {
 public:
  explicit GatherStep(const RoutineCall& call)
      : x_(call.in(0)),
        indices_(call.in(1)),
        out_(call.out()),
        read_(index_reader(indices_.dtype)) {
    view_ = axis_view(x_.shape, call.axis(0, x_.shape));
    picks_ = indices_.elements();
    require(x_.dtype == out_.dtype && out_.elements() == view_.outer * picks_ * view_.inner,
            "a gather has another shape");
    row_ = view_.inner * static_cast<int64_t>(width(x_.dtype));
    tasks_ = tasks_for(out_.bytes(), std::max<int64_t>(view_.outer * picks_, 1));
  }

  void run(const RunContext& context) override {
    if (view_.extent == 0) return clear(context, out_);
    const int64_t rows = row_ == 0 ? 0 : view_.outer * picks_;
    context.pool.run(tasks_, [&](int64_t task, int) {
      rows_between(context, rows * task / tasks_, rows * (task + 1) / tasks_);
    });
  }

 private:
  void rows_between(const RunContext& context, int64_t from, int64_t to) const {
    const std::byte* x = context.values[x_.value];
    const std::byte* indices = context.values[indices_.value];
    std::byte* out = context.values[out_.value];
    for (int64_t r = from; r < to; ++r) {
      const int64_t outer = r / picks_;
      const int64_t pick =
          std::clamp<int64_t>(read_(indices, r - outer * picks_), 0, view_.extent - 1);
      const std::byte* source = x + (outer * view_.extent + pick) * row_;
      if (row_ == 4)
        std::memcpy(out + r * 4, source, 4);
      else
        std::memcpy(out + r * row_, source, static_cast<size_t>(row_));
    }
  }

  ValueRef x_, indices_, out_;
  IndexReader read_;
  AxisView view_;
  int64_t picks_ = 0, row_ = 0, tasks_ = 1;
};

// out[o, i, j] = x[o, indices[o, i, j], j].
class TakeStep : public Step {
 public:
  explicit TakeStep(const RoutineCall& call)
      : x_(call.in(0)),
        indices_(call.in(1)),
        out_(call.out()),
        read_(index_reader(indices_.dtype)) {
    const size_t axis = call.axis(0, x_.shape);
    require(indices_.shape.rank == x_.shape.rank && out_.shape == indices_.shape &&
                x_.dtype == out_.dtype,
            "takeAlongAxis has another shape");
    for (size_t d = 0; d < x_.shape.rank; ++d) {
      require(d == axis || x_.shape[d] == indices_.shape[d], "takeAlongAxis has another shape");
    }
    view_ = axis_view(x_.shape, axis);
    picks_ = indices_.shape[axis];
    element_ = static_cast<int64_t>(width(x_.dtype));
    tasks_ = tasks_for(out_.bytes() * 4, std::max<int64_t>(view_.outer, 1));
  }

  void run(const RunContext& context) override {
    if (view_.extent == 0) return clear(context, out_);
    context.pool.run(tasks_, [&](int64_t task, int) {
      for (int64_t o = view_.outer * task / tasks_; o < view_.outer * (task + 1) / tasks_; ++o)
        plane(context, o);
    });
  }

 private:
  void plane(const RunContext& context, int64_t outer) const {
    const std::byte* x = context.values[x_.value] + outer * view_.extent * view_.inner * element_;
    const std::byte* indices = context.values[indices_.value];
    std::byte* out = context.values[out_.value];
    for (int64_t i = 0; i < picks_; ++i) {
      for (int64_t j = 0; j < view_.inner; ++j) {
        const int64_t at = (outer * picks_ + i) * view_.inner + j;
        const int64_t pick = std::clamp<int64_t>(read_(indices, at), 0, view_.extent - 1);
        std::memcpy(out + at * element_, x + (pick * view_.inner + j) * element_,
                    static_cast<size_t>(element_));
      }
    }
  }

  ValueRef x_, indices_, out_;
  IndexReader read_;
  AxisView view_;
  int64_t picks_ = 0, element_ = 1, tasks_ = 1;
};

// Updates of one element are taken in the order of the indices: a task owns columns, never a part
// of the updates.
class ScatterStep : public Step {
 public:
  // What becomes of an element and its update; 0: the update.
  ScatterStep(const RoutineCall& call, uint16_t combine)
      : x_(call.in(0)),
        indices_(call.in(1)),
        updates_(call.in(2)),
        out_(call.out()),
        read_(index_reader(indices_.dtype)) {
    view_ = axis_view(x_.shape, call.axis(0, x_.shape));
    picks_ = indices_.elements();
    require(out_.shape == x_.shape && out_.dtype == x_.dtype && updates_.dtype == x_.dtype &&
                updates_.elements() == view_.outer * picks_ * view_.inner,
            "a scatter has another shape");
    in_place_ = x_.place.space == out_.place.space && x_.place.offset == out_.place.offset;
    if (combine != 0) {
      combine_ = call.binder.kernels.scalar({combine, 2, x_.dtype, {x_.dtype, x_.dtype}});
      if (combine_ == nullptr) throw Unsupported(std::string("scatter of ") + name_of(x_.dtype));
    }
    element_ = static_cast<int64_t>(width(x_.dtype));
    constexpr int64_t kLeastColumns = 64;
    parts_ = std::clamp<int64_t>(view_.inner / kLeastColumns, 1, 16);
    units_ = view_.outer * parts_;
    tasks_ = tasks_for(out_.bytes() + updates_.bytes(), std::max<int64_t>(units_, 1));
  }

  void run(const RunContext& context) override {
    context.pool.run(tasks_, [&](int64_t task, int) {
      for (int64_t u = units_ * task / tasks_; u < units_ * (task + 1) / tasks_; ++u) {
        columns(context, u / parts_, view_.inner * (u % parts_) / parts_,
                view_.inner * (u % parts_ + 1) / parts_);
      }
    });
  }

 private:
  void columns(const RunContext& context, int64_t outer, int64_t from, int64_t to) const {
    const auto n = static_cast<size_t>(to - from);
    const int64_t row = view_.inner * element_;
    const int64_t start = outer * view_.extent * row + from * element_;
    std::byte* out = context.values[out_.value] + start;
    const std::byte* x = context.values[x_.value] + start;
    const std::byte* updates =
        context.values[updates_.value] + outer * picks_ * row + from * element_;
    if (!in_place_) {
      for (int64_t a = 0; a < view_.extent; ++a)
        std::memcpy(out + a * row, x + a * row, n * static_cast<size_t>(element_));
    }
    for (int64_t i = 0; i < picks_; ++i) {
      const int64_t at = read_(context.values[indices_.value], i);
      if (at < 0 || at >= view_.extent) continue;
      std::byte* place = out + at * row;
      if (combine_ == nullptr)
        std::memcpy(place, updates + i * row, n * static_cast<size_t>(element_));
      else
        combine_(place, place, updates + i * row, nullptr, nullptr, n, 0);
    }
  }

  ValueRef x_, indices_, updates_, out_;
  IndexReader read_;
  AxisView view_;
  ScalarFn combine_ = nullptr;
  bool in_place_ = false;
  int64_t picks_ = 0, element_ = 1, parts_ = 1, units_ = 1, tasks_ = 1;
};

}  // namespace

StepPtr make_gather(const RoutineCall& call) { return std::make_unique<GatherStep>(call); }
StepPtr make_takeAlongAxis(const RoutineCall& call) { return std::make_unique<TakeStep>(call); }

StepPtr make_scatter(const RoutineCall& call) { return std::make_unique<ScatterStep>(call, 0); }
StepPtr make_scatterAdd(const RoutineCall& call) {
  return std::make_unique<ScatterStep>(call, OP_add);
}
StepPtr make_scatterMax(const RoutineCall& call) {
  return std::make_unique<ScatterStep>(call, OP_maximum);
}
StepPtr make_scatterMin(const RoutineCall& call) {
  return std::make_unique<ScatterStep>(call, OP_minimum);
}

}  // namespace vorab::blas
