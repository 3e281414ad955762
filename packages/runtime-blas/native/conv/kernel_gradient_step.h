// The gradient of a convolution for its kernel: windows of a block of outputs, transposed, times
// the cotangent there. Outputs are cut into parts by shape alone; each sums into memory of its own,
// and the parts are added in a fixed order.
#pragma once

#include "../steps/step.h"
#include "gather.h"
#include "operands.h"

namespace vorab::blas {

struct KernelGradientValues {
  uint32_t x = 0, cotangent = 0, out = 0;  // of the plan
};

class KernelGradientStep : public Step {
 public:
  KernelGradientStep(const ConvShape& shape, Dt dtype, KernelGradientValues values,
                     const KernelTable& kernels);
  void run(const RunContext& context) override;
  int64_t scratch_bytes() const override;
  int64_t workspace_bytes() const override { return in_place() ? 0 : parts_ * part_bytes_; }

 private:
  bool in_place() const { return parts_ == 1 && !types_.half(); }
  int64_t elements() const { return shape_.window() * shape_.channels * shape_.all_features(); }
  int64_t columns_of(const Phase& phase) const;
  std::byte* part_of(const RunContext& context, int64_t part) const;
  void run_part(const RunContext& context, int64_t part, int64_t slice, std::byte* scratch) const;
  void run_block(const RunContext& context, const Phase& phase, const PatchBlock& block,
                 std::byte* sums, std::byte* scratch) const;
  MatrixView cotangents(const RunContext& context, const Phase& phase, const PatchBlock& block,
                        std::byte*& scratch) const;
  void run_depthwise(const RunContext& context, const Phase& phase, int64_t row, int64_t rows,
                     std::byte* sums, std::byte* scratch) const;
  void add_parts(const RunContext& context) const;

  ConvShape shape_;
  ConvTypes types_;
  KernelGradientValues values_;
  std::vector<Phase> phases_;
  bool whole_ = false;      // one phase, which meets every tap
  bool depthwise_ = false;  // sums of products of rows, no matrices
  int64_t block_rows_ = 1;
  int64_t parts_ = 1;   // of the outputs
  int64_t slices_ = 1;  // of the lines of taps
  int64_t part_bytes_ = 0;
};

}  // namespace vorab::blas
