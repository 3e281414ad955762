// What one kernel set (baseline, avx2, avx512) offers: leaf loops over registers of a tape. The
// same sources are compiled once per set; everything above works through this table.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../dtype.h"

namespace vorab::blas {

// out[i] = op(a[i], b[i], c[i], d[i]); out may be one of the operands. A set bit k of `fixed` says
// that all elements of operand k are equal: only its first kFixed elements are read.
using ScalarFn = void (*)(void* out, const void* a, const void* b, const void* c, const void* d,
                          size_t n, uint32_t fixed);
inline constexpr size_t kFixed = 256;

struct Signature {
  uint16_t op;
  uint8_t arity;
  Dt out;
  Dt in[4];
};

// A two-dimensional strided move between memory and a dense register; strides in elements.
struct Move {
  size_t rows, cols;
  int64_t row_stride, col_stride;
};
using LoadFn = void (*)(void* reg, const void* memory, const Move& move);
using StoreFn = void (*)(void* memory, const void* reg, const Move& move);

enum class Reduction : uint8_t { Sum, Prod, Max, Min, Any, All };

// Accumulators are of type accumulator(reduction, dtype). start: the first block overwrites them.
// rows: acc[r] takes in reg[r, :]. columns: acc[c] takes in data[:, c], whose rows are stride
// elements apart.
using ReduceFn = void (*)(void* acc, const void* reg, size_t rows, size_t cols, bool start);
using ReduceColumnsFn = void (*)(void* acc, const void* data, size_t rows, size_t cols,
                                 int64_t stride, bool start);
using FinishFn = void (*)(void* out, const void* acc, size_t n);
using MergeFn = void (*)(void* acc, const void* other, size_t n);

struct Reducer {
  ReduceFn rows;
  ReduceColumnsFn columns;
  FinishFn finish;  // accumulators to elements
  MergeFn merge;    // acc[i] takes in other[i]
  void (*identity)(void* acc, size_t n);
  size_t accumulator_width;
};

// out[c] = sum over rows of a[r][c] * b[r][c], added to what is there where `add`.
using SumProductsFn = void (*)(void* out, const void* const* a, const void* const* b, size_t rows,
                               size_t columns, bool add);

// What a row of attention's scores sees: of a key in steps of `step` (0: all keys alike), whether
// it is seen, and what is added to its score.
struct RowMask {
  const uint8_t* seen = nullptr;
  const void* added = nullptr;
  size_t step = 0;
};

// On rows of f32 or f64. n: elements that are seen; all: those of the row, of which the rest
// becomes 0.
struct ScoreKernels {
  // row[i] = exp(row[i] - the largest); returns their sum.
  double (*weigh)(void* row, const RowMask& mask, size_t n, size_t all);
  // weights[i] *= factor; cotangent[i] = weights[i] * (cotangent[i] - along), or 0 if not seen.
  void (*differentiate)(void* cotangent, void* weights, const RowMask& mask, double factor,
                        double along, size_t n, size_t all);
  double (*dot)(const void* a, const void* b, size_t n);
  void (*multiply)(void* to, const void* from, double factor, size_t n);
};

// One step of a chain. Of a binary op the value is the left operand, of SubtractFrom and DivideInto
// the right one.
struct Link {
  enum class Code : uint8_t {
    Load,    // value = operand
    Store,   // operand = value
    Stream,  // likewise, past the caches where it lies on whole vectors
    Fetch,   // the operand will be read soon
    Sum,     // the accumulator takes in the value
    Max,
    Add,
    Subtract,
    SubtractFrom,
    Multiply,
    Divide,
    DivideInto,
    AddScaled,  // value += operand * that of the next link, which is Factor
    Factor,
    Minimum,
    Maximum,
    Square,
    Negate,
    Absolute,
    Sqrt,
    Rsqrt,
    Exp,
    Log,
    Tanh,
    Erf,
    Sigmoid,
  };
  static constexpr uint32_t kDense = ~uint32_t{0};
  enum class Reach : uint8_t { Element, Row, All };  // an operand's element is for one of them

  Code code = Code::Load;
  Reach reach = Reach::All;
  uint16_t slot = 0;
  uint32_t row = kDense;      // of an operand by elements: from one row to the next
  void (*whole)() = nullptr;  // the set's code for whole turns,
  void (*part)() = nullptr;   // and for the last one

  bool is_apart() const { return row != kDense; }
};

// f32 ops that follow each other, in one loop over the n elements of each row: the value stays in
// registers. A product and the sum after it are rounded once where the hardware does so.
struct Chain {
  const Link* links;
  size_t count;
  std::byte* const* slots;
  void* accumulator;  // of the rows' sums or maxima, or null
  bool start;         // the first block overwrites them
  bool streams;       // some links store past the caches
};
using ChainFn = void (*)(const Chain& chain, size_t rows, size_t n);
// Two chains, turn by turn; the second one may store what the first one loads.
using PairFn = void (*)(const Chain& first, const Chain& second, size_t rows, size_t n);
inline constexpr size_t kMostLinks = 64;

// Lines of a matrix, `step` elements apart.
struct Rows {
  const float* data;
  int64_t step;
};

// A left operand: rows one beside the other (across is 1), columns `step` apart; or rows `across`
// apart that are contiguous (step is 1).
struct Left {
  const float* data;
  int64_t across, step;
};

// c[rows x columns] = a * b, added to what is there where `add`. b: inner x 2 lanes, of which as
// many are read as there are columns; all of them are packed at `copy` as well unless it is null.
// Meanwhile lines of `ahead` are fetched, as many as a quarter of inner.
struct Tile {
  Left a;
  Rows b;
  float* copy;
  size_t inner;
  float* c;
  int64_t ldc;
  size_t columns;
  bool add;
  Rows ahead;
};
// By reference: copies would be read in other widths than they were written in, which waits for all
// stores of the tile before.
using TileFn = void (*)(const Tile& tile);

// `inner` lines of elements of f32: element j of line k is k * step + j * across from the first.
struct Lines {
  size_t inner;
  int64_t step, across;
};

// Products of f32 in tiles of registers; rows is 0 in a set that leaves them to the BLAS.
struct Tiles {
  size_t rows = 0;   // the most of a tile; its columns: 2 * lanes
  size_t lanes = 0;  // of a vector
  TileFn (*tile)(size_t rows) = nullptr;
  // to[k * stride + j] = element j of line k for j < count; of a vector's other lanes anything.
  void (*pack)(float* to, size_t stride, const float* from, const Lines& lines,
               size_t count) = nullptr;
};

struct KernelTable {
  ScalarFn (*scalar)(const Signature& signature);  // null: not in this set
  ChainFn (*chain)(Link* links, size_t count);     // for these links, which it completes
  // Null: these two have no loop.
  PairFn (*pair)(const Link* first, size_t count, const Link* second, size_t other);
  bool (*reducer)(Reduction reduction, Dt dtype, Reducer& out);
  LoadFn load[4];    // by log2 of the element's width
  StoreFn store[4];  // likewise
  // reg[r, :] = values[r]
  void (*expand[4])(void* reg, const void* values, size_t rows, size_t cols);
  // reg[r, c] = start + r * row_step + c * col_step, as i32 or i64
  void (*index32)(void* reg, int64_t start, const Move& move);
  void (*index64)(void* reg, int64_t start, const Move& move);
  SumProductsFn sum_products[2];  // of f32, of f64
  ScoreKernels scores[2];         // likewise
  // Copies bytes past the caches; what follows must not be seen before fence().
  void (*stream)(void* to, const void* from, size_t bytes);
  void (*fence)();
  Tiles tiles;
};

const KernelTable& baseline_kernels();
#if defined(__x86_64__)
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();
#endif

}  // namespace vorab::blas
