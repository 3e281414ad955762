// The cotangents of q, k and v of attention (after Dao, arXiv 2307.08691): the weights of a block
// of queries are computed again. A task takes some blocks of the heads that share keys, and sums
// their cotangents of keys and values; tasks are cut by shape alone, and their sums are added in a
// fixed order.
#pragma once

#include "attention_step.h"

namespace vorab::blas {

// Of the attention's operands: its result, the cotangent of that, and the cotangents to compute.
struct GradientOperands {
  Heads out, cotangent, dq, dk, dv;
};

class AttentionGradientStep : public Step {
 public:
  AttentionGradientStep(const AttentionShape& shape, const AttentionOperands& operands,
                        const GradientOperands& gradient, Dt dtype, const KernelTable& kernels);
  void run(const RunContext& context) override;
  int64_t scratch_bytes() const override;
  int64_t workspace_bytes() const override;
  Work work() const override;

 private:
  // Where a task sums: rows of keys and of values.
  struct Sums {
    std::byte *dk, *dv;
    int64_t dk_row, dv_row;
  };
  struct Room;

  bool in_place() const { return parts_ == 1 && !scores_.types().half(); }
  int64_t part_bytes() const;
  Room room_of(Carver& carver) const;
  Sums sums_of(const RunContext& context, int64_t head, int64_t part) const;
  void clear(const Sums& sums) const;
  void run_part(const RunContext& context, int64_t head, int64_t part, std::byte* scratch) const;
  void run_block(const RunContext& context, const QueryBlock& block, const HeadViews& head,
                 const Sums& sums, const Room& room) const;
  void query_cotangent(const RunContext& context, const QueryBlock& block, const HeadViews& head,
                       const Room& room) const;
  void add_parts(const RunContext& context, int64_t head) const;

  Scores scores_;
  GradientOperands gradient_;
  int64_t parts_ = 1;  // of a shared head's blocks
};

}  // namespace vorab::blas
