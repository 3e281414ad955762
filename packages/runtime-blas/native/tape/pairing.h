// Which tile-level ops run inside the op that uses them.
#pragma once

#include "analysis.h"

namespace vorab::blas {

struct Pairing {
  static constexpr int kNone = -1;

  struct Host {
    int guest = kNone;     // the instruction that runs inside this one
    bool chained = false;  // the guest is its only operand
    bool guest_is_right = false;
    uint16_t other = 0;  // this one's other operand, unless chained
    ScalarFn fn = nullptr;
  };
  std::vector<Host> hosts;     // by instruction
  std::vector<bool> is_guest;  // by instruction: not computed on its own
};

Pairing pair_ops(const TapeSource& source, const Analysis& analysis, const KernelTable& kernels);

}  // namespace vorab::blas
