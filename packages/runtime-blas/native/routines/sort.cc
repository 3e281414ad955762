// sort: the first `count` elements of each row in order, and where they lay. Stable: an element is
// sorted together with its index, so that no two are equal. NaN is the largest, -0 equals 0.
#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "routine.h"

namespace vorab::blas {
namespace {

// ------------------------------------------------------------------------------------------ keys

// Unsigned integers in the order of the elements.
template <class Bits>
Bits float_key(Bits bits, Bits sign, Bits infinity) {
  const Bits magnitude = bits & static_cast<Bits>(~sign);
  if (magnitude > infinity) return static_cast<Bits>(~Bits{0});
  if (magnitude == 0) return sign;
  return (bits & sign) ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | sign);
}

template <Dt D>
struct Key;
template <>
struct Key<Dt::U8> {
  using Bits = uint8_t;
  static Bits of(Bits x) { return x; }
};
template <>
struct Key<Dt::I8> {
  using Bits = uint8_t;
  static Bits of(Bits x) { return x ^ 0x80u; }
};
template <>
struct Key<Dt::U32> {
  using Bits = uint32_t;
  static Bits of(Bits x) { return x; }
};
template <>
struct Key<Dt::I32> {
  using Bits = uint32_t;
  static Bits of(Bits x) { return x ^ 0x80000000u; }
};
template <>
struct Key<Dt::I64> {
  using Bits = uint64_t;
  static Bits of(Bits x) { return x ^ (uint64_t{1} << 63); }
};
template <>
struct Key<Dt::F16> {
  using Bits = uint16_t;
  static Bits of(Bits x) { return float_key<Bits>(x, 0x8000, 0x7c00); }
};
template <>
struct Key<Dt::BF16> {
  using Bits = uint16_t;
  static Bits of(Bits x) { return float_key<Bits>(x, 0x8000, 0x7f80); }
};
template <>
struct Key<Dt::F32> {
  using Bits = uint32_t;
  static Bits of(Bits x) { return float_key<Bits>(x, 0x80000000u, 0x7f800000u); }
};
template <>
struct Key<Dt::F64> {
  using Bits = uint64_t;
  static Bits of(Bits x) { return float_key<Bits>(x, uint64_t{1} << 63, uint64_t{0x7ff} << 52); }
};

// A key and an index: in one word where both fit.
struct Packed {
  uint64_t word;
  Packed() = default;
  Packed(uint64_t key, uint32_t index) : word(key << 32 | index) {}
  uint32_t index() const { return static_cast<uint32_t>(word); }
  unsigned digit(int i) const { return (word >> (32 + 8 * i)) & 0xff; }
  bool operator<(const Packed& other) const { return word < other.word; }
};

struct Wide {
  uint64_t key;
  uint32_t place;
  Wide() = default;
  Wide(uint64_t k, uint32_t index) : key(k), place(index) {}
  uint32_t index() const { return place; }
  unsigned digit(int i) const { return (key >> (8 * i)) & 0xff; }
  bool operator<(const Wide& other) const {
    return key != other.key ? key < other.key : place < other.place;
  }
};

// ------------------------------------------------------------------------------------------ order

// Least significant digit first: stable, so that indices, which ascend at first, need no digits.
// Ends in `entries`.
template <class Entry>
void radix_sort(Entry* entries, Entry* other, size_t n, int digits) {
  uint32_t counts[8][256] = {};
  for (size_t i = 0; i < n; ++i) {
    for (int d = 0; d < digits; ++d) ++counts[d][entries[i].digit(d)];
  }
  Entry* from = entries;
  Entry* to = other;
  for (int d = 0; d < digits; ++d) {
    uint32_t* starts = counts[d];
    if (starts[from[0].digit(d)] == n) continue;  // the same digit everywhere
    uint32_t at = 0;
    for (int value = 0; value < 256; ++value) at += std::exchange(starts[value], at);
    for (size_t i = 0; i < n; ++i) to[starts[from[i].digit(d)]++] = from[i];
    std::swap(from, to);
  }
  if (from != entries) std::memcpy(entries, from, n * sizeof(Entry));
}

// From here on moving every element once per byte is faster than comparing.
constexpr int64_t kRadixLeast = 256;
constexpr int64_t kFewShare = 16;  // at most one element in so many is asked for: select, then sort

template <class Entry>
void order(Entry* entries, Entry* other, int64_t n, int64_t count, int digits) {
  if (count <= n / kFewShare) {
    std::nth_element(entries, entries + count, entries + n);
    std::sort(entries, entries + count);
  } else if (n < kRadixLeast) {
    std::sort(entries, entries + n);
  } else {
    radix_sort(entries, other, static_cast<size_t>(n), digits);
  }
}

struct RowPlan {
  int64_t extent, inner, count;  // strides along the row are `inner`
  bool descending;
};

template <Dt D>
void sort_row(const RowPlan& plan, const std::byte* from, std::byte* values, int32_t* indices,
              std::byte* scratch) {
  using Bits = typename Key<D>::Bits;
  using Entry = std::conditional_t<sizeof(Bits) == 8, Wide, Packed>;
  const auto* x = reinterpret_cast<const Bits*>(from);
  auto* entries = reinterpret_cast<Entry*>(scratch);
  for (int64_t i = 0; i < plan.extent; ++i) {
    const Bits key = Key<D>::of(x[i * plan.inner]);
    entries[i] = Entry(plan.descending ? static_cast<Bits>(~key) : key, static_cast<uint32_t>(i));
  }
  order(entries, entries + plan.extent, plan.extent, plan.count, static_cast<int>(sizeof(Bits)));
  auto* out = reinterpret_cast<Bits*>(values);
  for (int64_t i = 0; i < plan.count; ++i) {
    const uint32_t index = entries[i].index();
    out[i * plan.inner] = x[index * plan.inner];
    indices[i * plan.inner] = static_cast<int32_t>(index);
  }
}

using RowFn = void (*)(const RowPlan& plan, const std::byte* from, std::byte* values,
                       int32_t* indices, std::byte* scratch);

RowFn row_of(Dt dtype) {
  switch (dtype) {
    case Dt::Bool:
    case Dt::U8: return &sort_row<Dt::U8>;
    case Dt::I8: return &sort_row<Dt::I8>;
    case Dt::U32: return &sort_row<Dt::U32>;
    case Dt::I32: return &sort_row<Dt::I32>;
    case Dt::I64: return &sort_row<Dt::I64>;
    case Dt::F16: return &sort_row<Dt::F16>;
    case Dt::BF16: return &sort_row<Dt::BF16>;
    case Dt::F32: return &sort_row<Dt::F32>;
    case Dt::F64: return &sort_row<Dt::F64>;
  }
  throw BadPlan("sort of an unknown dtype");
}

// ------------------------------------------------------------------------------------------ step

class SortStep : public Step {
 public:
  explicit SortStep(const RoutineCall& call) : x_(call.in(0)), row_(row_of(x_.dtype)) {
    require(call.outputs.size() == 2, "sort has two outputs");
    values_ = call.outputs[0];
    indices_ = call.outputs[1];
    const size_t axis = call.axis(0, x_.shape);
    const AxisView view = axis_view(x_.shape, axis);
    const int64_t count = dim_attr(call.attributes, 2, call.binder.binding);
    Shape shape = x_.shape;
    shape[axis] = count;
    require(count >= 0 && count <= view.extent && values_.shape == shape &&
                indices_.shape == shape && values_.dtype == x_.dtype && indices_.dtype == Dt::I32,
            "sort has another shape");
    plan_ = {view.extent, view.inner, count, bool_attr(call.attributes, 1)};
    rows_ = view.outer * view.inner;
    constexpr int64_t kGrain = 4 << 10;
    tasks_ = std::clamp<int64_t>(x_.elements() / kGrain, 1, std::clamp<int64_t>(rows_, 1, 64));
  }

  void run(const RunContext& context) override {
    if (plan_.count == 0) return;
    context.pool.run(tasks_, [&](int64_t task, int thread) {
      for (int64_t r = rows_ * task / tasks_; r < rows_ * (task + 1) / tasks_; ++r)
        one_row(context, r, context.scratch[static_cast<size_t>(thread)]);
    });
  }

  // The row's entries, and as many again to move them to.
  int64_t scratch_bytes() const override {
    const int64_t entry =
        static_cast<int64_t>(width(x_.dtype) == 8 ? sizeof(Wide) : sizeof(Packed));
    return (2 * plan_.extent * entry + 63) / 64 * 64;
  }

 private:
  void one_row(const RunContext& context, int64_t row, std::byte* scratch) const {
    const auto element = static_cast<int64_t>(width(x_.dtype));
    const int64_t outer = row / plan_.inner, column = row % plan_.inner;
    const int64_t from = outer * plan_.extent * plan_.inner + column;
    const int64_t to = outer * plan_.count * plan_.inner + column;
    row_(plan_, context.values[x_.value] + from * element,
         context.values[values_.value] + to * element,
         reinterpret_cast<int32_t*>(context.values[indices_.value]) + to, scratch);
  }

  ValueRef x_, values_, indices_;
  RowFn row_;
  RowPlan plan_{};
  int64_t rows_ = 0, tasks_ = 1;
};

}  // namespace

StepPtr make_sort(const RoutineCall& call) { return std::make_unique<SortStep>(call); }

}  // namespace vorab::blas
