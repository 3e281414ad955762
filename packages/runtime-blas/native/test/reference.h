// Tapes in the plainest form: element by element, each value from its operands. What compiled tapes
// are held against.
#pragma once

#include <map>

#include "../tape/source.h"
#include "scalar.h"

namespace vorab::blas::test {

using Buffers = std::vector<std::vector<std::byte>>;  // by value

class ReferenceTape {
 public:
  ReferenceTape(const TapeSource& source, const Buffers& buffers)
      : source_(source), before_(buffers) {}

  // The buffers after the tape has run.
  Buffers run();

 private:
  using Index = std::vector<int64_t>;

  Real value(uint16_t instr, const Index& at);
  Real reduce(const SourceInstr& instr, uint16_t id, Index at);
  bool next(Index& at, size_t from, size_t to) const;
  int64_t address(const SourceAccess& access, const Index& at) const;

  const TapeSource& source_;
  const Buffers before_;
  std::map<std::pair<uint16_t, Index>, Real> reductions_;
};

}  // namespace vorab::blas::test
