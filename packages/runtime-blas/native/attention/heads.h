// Where the operands of attention lie, and what is seen of them.
#pragma once

#include <algorithm>

#include "../gemm/wide.h"
#include "../steps/step.h"

namespace vorab::blas {

struct AttentionShape {
  int64_t batch = 0, heads = 0, shared = 0;  // shared: heads of keys and values
  int64_t queries = 0, keys = 0;
  int64_t dim = 0, width = 0;  // of queries and keys, of values
  double scale = 1;
  bool causal = false;

  int64_t group() const { return heads / shared; }
  // How many keys a query sees, and a block of queries that ends before `until`.
  int64_t seen(int64_t query) const { return causal ? std::min(keys, query + 1) : keys; }
  int64_t seen_until(int64_t until) const { return causal ? std::min(keys, until) : keys; }
};

// One operand, [batch, heads, length, width]: strides in elements; rows are contiguous.
struct Heads {
  uint32_t value = 0;  // of the plan
  int64_t batch = 0, head = 0, row = 0;
  int64_t width = 0;

  std::byte* at(const RunContext& context, int64_t b, int64_t h, int64_t first,
                const WideTypes& types) const {
    return context.values[value] + (b * batch + h * head + first * row) * types.element();
  }
};

// [batch or 1, heads or 1, queries or 1, keys or 1]; a stride of 0 where it is 1.
struct ScoreMask {
  bool given = false, added = false;  // added to the scores, or bools that say what is seen
  uint32_t value = 0;
  int64_t batch = 0, head = 0, query = 0, key = 0;
};

// Hands out pieces of a thread's scratch; of none (null), only counts.
class Carver {
 public:
  explicit Carver(std::byte* scratch) : scratch_(scratch) {}
  std::byte* take(int64_t bytes) {
    std::byte* const piece = scratch_ == nullptr ? nullptr : scratch_ + used_;
    used_ += round64(bytes);
    return piece;
  }
  int64_t used() const { return used_; }

 private:
  std::byte* scratch_;
  int64_t used_ = 0;
};

// Rows of a head as the product's dtype: where they lie, or widened to `copy`.
MatrixView rows_of(const std::byte* from, const Heads& heads, int64_t rows, std::byte* copy,
                   const WideTypes& types);
// The other way: from `rows` dense ones.
void put_rows(std::byte* to, const Heads& heads, int64_t rows, const std::byte* from,
              const WideTypes& types);

}  // namespace vorab::blas
