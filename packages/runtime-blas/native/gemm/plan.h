// How a contraction is cut into blocks: by shape alone.
#pragma once

#include "operand.h"
#include "source.h"

namespace vorab::blas {

struct ContractPlan {
  std::vector<int64_t> batch;  // extents
  int64_t batches = 1;
  int64_t m = 1, n = 1, k = 1;
  Operand a, b;
  int64_t block_m = 1, block_n = 1;
  int64_t blocks_m = 1, blocks_n = 1;
  int64_t tasks = 1;
  bool packed = false;   // by register tiles of our own, else by the BLAS
  bool swapped = false;  // packed, and computed as b^T * a^T: few rows, and columns of b contiguous

  int64_t blocks() const { return batches * blocks_m * blocks_n; }
};

// Merges batch dims into rows where the strides allow it (in source as well), then cuts.
ContractPlan plan_contract(ContractSource& source, const Tiles& tiles);

}  // namespace vorab::blas
