// A contraction at one binding, apart from FlatBuffers.
#pragma once

#include "../tape/source.h"

namespace vorab::blas {

struct ContractSource {
  std::vector<int64_t> batch;
  int64_t m = 1, n = 1, k = 1;
  SourceAccess a, b;    // strides over (batch..., m, n, k)
  TapeSource epilogue;  // over (batch..., m, n)
  int acc = -1;         // the access of the epilogue that reads the block
};

}  // namespace vorab::blas
