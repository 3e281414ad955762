// out = x convolved with w: windows of a block of outputs as a matrix that stays in cache, times w.
#pragma once

#include "../steps/step.h"
#include "gather.h"
#include "operands.h"

namespace vorab::blas {

struct ConvValues {
  uint32_t x = 0, w = 0, out = 0;  // of the plan
};

class ConvStep : public Step {
 public:
  ConvStep(const ConvShape& shape, Dt dtype, ConvValues values, const KernelTable& kernels);
  void run(const RunContext& context) override;
  int64_t scratch_bytes() const override;
  int64_t workspace_bytes() const override { return workspace_; }

 private:
  struct PhasePlan {
    Phase phase;
    int64_t columns = 0;     // of the matrix: taps by channels
    int64_t block_rows = 0;  // outputs at a time
    int64_t packed = -1;     // where its part of w is in the workspace; -1: w itself
  };
  struct Block {
    int64_t phase = 0, row = 0, rows = 0, group = 0, column = 0, columns = 0;
  };

  void plan_phase(const Phase& phase);
  void pack_weights(const RunContext& context) const;
  void run_block(const RunContext& context, const Block& block, std::byte* scratch) const;
  void run_depthwise(const RunContext& context, const Block& block, std::byte* scratch) const;
  MatrixView patches(const RunContext& context, const Block& block, std::byte*& scratch) const;
  MatrixView weights(const RunContext& context, const Block& block) const;
  void scatter(const RunContext& context, const Block& block, const std::byte* from) const;

  ConvShape shape_;
  ConvTypes types_;
  ConvValues values_;
  std::vector<PhasePlan> phases_;
  std::vector<Block> blocks_;
  bool direct_ = false;     // products go straight to the output
  bool depthwise_ = false;  // sums of products of rows, no matrices
  int64_t tasks_ = 1, workspace_ = 0;
};

}  // namespace vorab::blas
