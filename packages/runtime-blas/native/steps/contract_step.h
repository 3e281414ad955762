// A contraction, block by block: pack what BLAS cannot read, multiply, run the epilogue on the
// block.
#pragma once

#include <optional>

#include "../gemm/block.h"
#include "../gemm/packed.h"
#include "../gemm/plan.h"
#include "../tape/program.h"
#include "backend.h"
#include "step.h"

namespace vorab::blas {

class ContractStep : public Step {
 public:
  ContractStep(ContractSource source, const KernelTable& kernels);
  void run(const RunContext& context) override;
  int64_t scratch_bytes() const override;
  int64_t workspace_bytes() const override;
  Work work() const override;

 private:
  // Where the product of a block goes: thread scratch, or straight to where the epilogue's only
  // store writes.
  struct Target {
    bool in_place = false;
    bool plain = false;  // in place, and the epilogue would only copy it onto itself
    SourceAccess store;
  };

  struct Block {
    int64_t batch[VORAB_MAX_RANK] = {};
    int64_t m = 0, n = 0, rows = 0, cols = 0;
  };

  void choose_target(ContractSource& source);
  bool store_takes_product(const ContractSource& source, const SourceInstr& store) const;
  void compile_epilogues(ContractSource source);
  Block block_at(int64_t index) const;
  void pack_left(const RunContext& context) const;
  void run_block(const RunContext& context, int64_t index, std::byte* scratch) const;
  const float* left_of(const RunContext& context, const Block& block) const;
  void multiply(const RunContext& context, const Block& block, std::byte* acc, int64_t ld,
                std::byte*& scratch) const;
  void multiply_swapped(const RunContext& context, const Block& block, float* acc,
                        std::byte* scratch) const;
  MatrixView view_of(const RunContext& context, const Operand& operand, const Block& block,
                     int64_t row, int64_t col, int64_t rows, int64_t cols,
                     std::byte*& scratch) const;
  std::byte* target_of(const RunContext& context, const Block& block, std::byte*& scratch,
                       int64_t& ld) const;
  void epilogue(const RunContext& context, const Block& block, std::byte* acc,
                std::byte* scratch) const;
  int64_t element_offset(const std::vector<int64_t>& strides, const Block& block) const;

  ContractPlan plan_;
  std::optional<PackedProduct> packed_;
  const KernelTable& kernels_;
  Dt product_dtype_ = Dt::F32;           // in which the product is computed
  Dt acc_dtype_ = Dt::F32;               // that the epilogue reads
  std::optional<BlockProduct> product_;  // of blocks that are not packed_
  ScalarFn widen_ = nullptr;             // operand to product dtype, for half floats
  ScalarFn narrow_ = nullptr;            // product to acc dtype
  Target target_;
  std::vector<std::vector<int64_t>> streams_;  // of the epilogue, over (batch..., m, n)
  TapeProgram epilogues_[2][2];                // whole or last block, by rows and columns
};

}  // namespace vorab::blas
