// The innermost loops of a product of f32 matrices: tiles of the result that stay in registers, and
// the panels that they read. After Goto and van de Geijn (Anatomy of High-Performance Matrix
// Multiplication, 2008) and BLIS.
#include <utility>

#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {
namespace {

constexpr int kN = kNative<Dt::F32>;
constexpr int kColumns = 2 * kN;
// As many accumulators as the registers hold beside two vectors of b and one element of a.
constexpr int kRows = kVectorBytes == 64 ? 14 : kVectorBytes == 32 ? 6 : 0;
using V = Vec<float, kN>;

VORAB_INLINE V load_at(const float* p) { return load<Dt::F32, kN>(p, 0); }

VORAB_INLINE void finish(float* c, V x, bool add, size_t columns) {
  if (columns >= static_cast<size_t>(kN)) {
    store<Dt::F32, kN>(c, 0, add ? load_at(c) + x : x);
  } else if (columns > 0) {
    const V before = add ? load_part<Dt::F32, kN>(c, 0, columns) : V{};
    store_part<Dt::F32, kN>(c, 0, columns, add ? before + x : x);
  }
}

// Sums of one tile, which stay in registers. Wide: lines of two vectors, else of one.
template <int Count, bool Wide>
struct Sums {
  V low[Count]{}, high[Wide ? Count : 1]{};

  // Takes in column k of a and line k of b, both already at k.
  template <bool Copy>
  VORAB_INLINE void take(const float* a, int64_t across, const float* b, float* copy) {
    const V x = load_at(b), y = Wide ? load_at(b + kN) : V{};
    if constexpr (Copy) {
      store<Dt::F32, kN>(copy, 0, x);
      store<Dt::F32, kN>(copy + kN, 0, y);
    }
#pragma GCC unroll 16
    for (int r = 0; r < Count; ++r) {
      const V left = splat<V>(a[r * across]);
      low[r] = madd(left, x, low[r]);
      if constexpr (Wide) high[r] = madd(left, y, high[r]);
    }
  }
};

// Both vectors of a line, into the second cache.
VORAB_INLINE void fetch(const float* line) {
  __builtin_prefetch(line, 0, 2);
  __builtin_prefetch(line + kColumns - 1, 0, 2);
}

// Where the lines of b lie.
enum class LineForm { Packed, Apart, Copied };  // Copied: apart, and packed meanwhile

template <int Count, bool Beside, LineForm L, bool Wide>
VORAB_INLINE void accumulate(Sums<Count, Wide>& sums, Left a, Rows b, float* copy, size_t inner,
                             Rows ahead) {
  constexpr size_t kTurn = 4;
  constexpr int64_t kSoon = 16;    // lines: no hardware fetches those that lie apart
  constexpr int64_t kLater = 128;  // columns: from memory the hardware alone gives half of the rate
  constexpr bool Copy = L == LineForm::Copied;
  const auto take = [&] {
    if constexpr (L != LineForm::Packed) fetch(b.data + kSoon * b.step);
    if constexpr (Beside) __builtin_prefetch(a.data + kLater * a.step, 0, 2);
    sums.template take<Copy>(a.data, Beside ? 1 : a.across, b.data, copy);
    a.data += Beside ? a.step : 1, b.data += b.step;
    if constexpr (Copy) copy += kColumns;
  };
  size_t k = 0;
  for (; k + kTurn <= inner; k += kTurn, ahead.data += ahead.step) {
    fetch(ahead.data);
#pragma GCC unroll 4
    for (size_t i = 0; i < kTurn; ++i) take();
  }
  for (; k < inner; ++k) take();
}

template <int Count, bool Wide>
VORAB_INLINE void multiply(const Tile& of) {
  float* const c = of.c;
  const int64_t ldc = of.ldc;
  const size_t columns = of.columns;
  const bool add = of.add, beside = of.a.across == 1;
  Sums<Count, Wide> sums;
  const auto run = [&]<LineForm L>() {
    beside ? accumulate<Count, true, L>(sums, of.a, of.b, of.copy, of.inner, of.ahead)
           : accumulate<Count, false, L>(sums, of.a, of.b, of.copy, of.inner, of.ahead);
  };
  if constexpr (!Wide)  // lines that are not whole are always packed
    run.template operator()<LineForm::Packed>();
  else if (of.copy != nullptr)
    run.template operator()<LineForm::Copied>();
  else if (of.b.step != kColumns)
    run.template operator()<LineForm::Apart>();
  else
    run.template operator()<LineForm::Packed>();
#pragma GCC unroll 16
  for (int r = 0; r < Count; ++r) {
    finish(c + r * ldc, sums.low[r], add, columns);
    if constexpr (Wide) finish(c + r * ldc + kN, sums.high[r], add, columns - kN);
  }
}

template <int Count>
void tile(const Tile& of) {
  // The result's lines, so that they are there when the sums are.
#pragma GCC unroll 16
  for (int r = 0; r < Count; ++r) {
    __builtin_prefetch(of.c + r * of.ldc, 1, 3);
    __builtin_prefetch(of.c + r * of.ldc + of.columns - 1, 1, 3);
  }
  of.columns > static_cast<size_t>(kN) ? multiply<Count, true>(of) : multiply<Count, false>(of);
}

template <size_t... I>
TileFn tile_of(size_t rows, std::index_sequence<I...>) {
  static constexpr TileFn kAll[] = {&tile<static_cast<int>(I) + 1>...};
  return kAll[rows - 1];
}

// Lane j of the result is lane j of x or, where its bit Step is set, lane j - Step of y.
template <int Step, size_t... J>
VORAB_INLINE V low_half(V x, V y, std::index_sequence<J...>) {
  return __builtin_shufflevector(x, y, (J & Step ? kN + J - Step : J)...);
}
template <int Step, size_t... J>
VORAB_INLINE V high_half(V x, V y, std::index_sequence<J...>) {
  return __builtin_shufflevector(x, y, (J & Step ? kN + J : J + Step)...);
}

// Blocks off the diagonal change places, ever smaller ones.
template <int Step>
VORAB_INLINE void transpose(V (&v)[kN]) {
  if constexpr (Step > 0) {
    constexpr auto lanes = std::make_index_sequence<kN>();
#pragma GCC unroll 16
    for (int i = 0; i < kN; ++i) {
      if (i & Step) continue;
      const V x = v[i], y = v[i + Step];
      v[i] = low_half<Step>(x, y, lanes);
      v[i + Step] = high_half<Step>(x, y, lanes);
    }
    transpose<Step / 2>(v);
  }
}

void pack(float* to, size_t stride, const float* from, const Lines& lines, size_t lanes) {
  const int64_t step = lines.step, across = lines.across;
  size_t k = 0;
  if (across == 1 && lanes == static_cast<size_t>(kN)) {
    for (; k < lines.inner; ++k)
      store<Dt::F32, kN>(to + k * stride, 0, load_at(from + static_cast<int64_t>(k) * step));
  } else if (across == 1 && step + static_cast<int64_t>(lanes) >= kN) {
    // What lies beyond the lanes is the next line's, but for the last one.
    for (; k + 1 < lines.inner; ++k)
      store<Dt::F32, kN>(to + k * stride, 0, load_at(from + static_cast<int64_t>(k) * step));
  } else if (step == 1) {
    for (; k + kN <= lines.inner; k += kN) {
      V block[kN];
#pragma GCC unroll 16
      for (int j = 0; j < kN; ++j)
        block[j] = static_cast<size_t>(j) < lanes ? load_at(from + k + j * across) : V{};
      transpose<kN / 2>(block);
#pragma GCC unroll 16
      for (int j = 0; j < kN; ++j)
        store<Dt::F32, kN>(to + (k + static_cast<size_t>(j)) * stride, 0, block[j]);
    }
  }
  for (; k < lines.inner; ++k) {
    for (size_t j = 0; j < static_cast<size_t>(kN); ++j) {
      to[k * stride + j] =
          j < lanes ? from[static_cast<int64_t>(k) * step + static_cast<int64_t>(j) * across] : 0;
    }
  }
}

}  // namespace

void fill_product(KernelTable& table) {
  if constexpr (kRows > 0) {
    table.tiles.rows = kRows;
    table.tiles.lanes = kN;
    table.tiles.tile = [](size_t rows) { return tile_of(rows, std::make_index_sequence<kRows>()); };
    table.tiles.pack = &pack;
  }
}

}  // namespace vorab::blas::VORAB_ISA
