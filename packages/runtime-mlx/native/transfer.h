// Between host memory and MLX. Every copy is counted where it happens, with its cause.
#pragma once

#include <functional>
#include <vector>

#include "runtime-mlx/native/types.h"
#include "runtime/native/ledger.h"

namespace vorab::on_mlx {

// Where a transfer is counted.
struct Counted {
  Ledger& ledger;
  vorab_cause copy, memory;
  uint32_t entry, index;

  void took(uint64_t bytes) const { ledger.add(memory, entry, index, bytes); }
  void copied(uint64_t bytes) const {
    ledger.add(copy, entry, index, bytes);
    took(bytes);
  }
};

// Copies host memory, unless it was staged: then it becomes the array's own.
mx::array copy_in(const void* host, const Type& type, const Counted& counted);
// No copy where MLX takes foreign memory: it must then stay valid and unchanged for good.
mx::array map_in(const void* host, const Type& type, const Counted& counted);
void copy_out(const mx::array& array, void* host);

// Evaluates the arrays and makes them row-contiguous; tells which had to be copied for it, and
// their bytes.
std::vector<mx::array> evaluate_dense(const std::vector<mx::array>& arrays,
                                      const std::function<void(size_t, uint64_t)>& made_dense);

}  // namespace vorab::on_mlx
