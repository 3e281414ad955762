// Which tile-level ops of f32 run in one loop with the op that uses them.
#pragma once

#include "analysis.h"

namespace vorab::blas {

struct Chaining {
  static constexpr int kNone = -1;

  // An instruction that runs as a link.
  struct Member {
    bool linked = false;
    Link::Code code = {};
    uint16_t from = 0;   // the operand that it takes as the chain's value
    bool grows = false;  // that one is the member before, which runs nowhere else
    int other = kNone;   // its other operand
    int factor = kNone;  // of that one, where the code is AddScaled
    int length = 1;      // of the chain up to here
  };
  std::vector<Member> members;  // by instruction
  std::vector<bool> is_guest;   // by instruction: not computed on its own
};

Chaining chain_ops(const TapeSource& source, const Analysis& analysis);

}  // namespace vorab::blas
