// softmax(q * k^T * scale) * v, a block of queries of one head at a time (after Rabe and Staats,
// arXiv 2112.05682): rows of scores are whole, and only those of a block are in memory.
#pragma once

#include "scores.h"

namespace vorab::blas {

class AttentionStep : public Step {
 public:
  AttentionStep(const AttentionShape& shape, const AttentionOperands& operands, const Heads& out,
                Dt dtype, const KernelTable& kernels);
  void run(const RunContext& context) override;
  int64_t scratch_bytes() const override;
  Work work() const override;

 private:
  struct Room;
  Room room_of(Carver& carver) const;
  void run_block(const RunContext& context, const QueryBlock& block, std::byte* scratch) const;

  Scores scores_;
  Heads out_;
};

// "attention of 8 x 12 heads, 128 queries x 128 keys x 32", and what `products` products of all
// scores cost.
Work attention_work(const Scores& scores, const char* what, int products);

}  // namespace vorab::blas
