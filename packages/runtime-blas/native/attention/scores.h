// Blocks of attention's scores: some queries of one head against all keys that they see. Only one
// block for each thread is in memory.
#pragma once

#include "heads.h"

namespace vorab::blas {

struct AttentionOperands {
  Heads q, k, v;
  ScoreMask mask;
};

struct QueryBlock {
  int64_t batch = 0, head = 0, first = 0, rows = 0;
};

// Keys and values of one head, as the product's dtype.
struct HeadViews {
  MatrixView k, v;
};

class Scores {
 public:
  Scores(const AttentionShape& shape, const AttentionOperands& operands, const WideTypes& types,
         const KernelTable& kernels);

  // By shape alone.
  int64_t block_rows() const { return block_rows_; }
  int64_t blocks() const { return blocks_; }  // of a head's queries
  int64_t row() const { return row_; }        // elements from one row of scores to the next
  int64_t block_bytes() const { return types_.bytes(block_rows_ * row_); }
  int64_t scratch_bytes() const;
  QueryBlock block(int64_t batch, int64_t head, int64_t index) const;

  // copy: views_bytes() for halves.
  HeadViews views(const RunContext& context, int64_t batch, int64_t head, std::byte* copy) const;
  int64_t views_bytes() const;

  // Queries of the block, times the scale: block_rows x dim, dense.
  void scale_queries(const RunContext& context, const QueryBlock& block, std::byte* to) const;
  // scores = exp(queries * keys - the largest of the row); sums: of each row.
  void weigh(const RunContext& context, const QueryBlock& block, const std::byte* queries,
             const MatrixView& keys, std::byte* scores, double* sums, std::byte* scratch) const;
  // c = a * b or, with add, c += a * b.
  void multiply(const BlockProduct::Call& call, std::byte* scratch) const {
    types_.matrices.run(call, scratch);
  }
  int64_t seen(const QueryBlock& block) const {
    return shape_.seen_until(block.first + block.rows);
  }
  // added: room for a row of keys, to which halves are widened; null: what is added does not
  // matter.
  RowMask mask(const RunContext& context, const QueryBlock& block, int64_t query,
               std::byte* added) const;

  const AttentionShape& shape() const { return shape_; }
  const AttentionOperands& operands() const { return operands_; }
  const WideTypes& types() const { return types_; }
  const ScoreKernels& kernels() const { return kernels_; }

 private:
  AttentionShape shape_;
  AttentionOperands operands_;
  WideTypes types_;
  const ScoreKernels& kernels_;
  int64_t block_rows_ = 1, blocks_ = 0, row_ = 0;
};

}  // namespace vorab::blas
