#include "heads.h"

namespace vorab::blas {

MatrixView rows_of(const std::byte* from, const Heads& heads, int64_t rows, std::byte* copy,
                   const WideTypes& types) {
  if (!types.half()) return {from, std::max<int64_t>(heads.row, 1), false};
  for (int64_t r = 0; r < rows; ++r) {
    take(copy + r * heads.width * types.wide(), from + r * heads.row * types.element(), heads.width,
         types);
  }
  return {copy, std::max<int64_t>(heads.width, 1), false};
}

void put_rows(std::byte* to, const Heads& heads, int64_t rows, const std::byte* from,
              const WideTypes& types) {
  for (int64_t r = 0; r < rows; ++r) {
    give(to + r * heads.row * types.element(), from + r * heads.width * types.wide(), heads.width,
         types);
  }
}

}  // namespace vorab::blas
