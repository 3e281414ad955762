#include "wide.h"

#include <cstring>
#include <string>

#include "../tape/source.h"
#include "artifact/native/ops.h"

namespace vorab::blas {
namespace {

ScalarFn cast_of(const KernelTable& kernels, Dt from, Dt to) {
  if (from == to) return nullptr;
  return kernels.scalar({OP_cast, 1, to, {from, from, from, from}});
}

}  // namespace

WideTypes::WideTypes(const char* what, Dt type, const KernelTable& kernels)
    : dtype(type),
      product(type == Dt::F16 || type == Dt::BF16 ? Dt::F32 : type),
      matrices(product, kernels.tiles) {
  if (!is_float(dtype)) throw Unsupported(std::string(what) + " of " + name_of(dtype));
  widen = cast_of(kernels, dtype, product);
  narrow = cast_of(kernels, product, dtype);
}

void take(std::byte* to, const std::byte* from, int64_t n, const WideTypes& types) {
  if (n == 0) return;
  if (types.widen == nullptr)
    std::memcpy(to, from, static_cast<size_t>(n * types.element()));
  else
    types.widen(to, from, nullptr, nullptr, nullptr, static_cast<size_t>(n), 0);
}

void give(std::byte* to, const std::byte* from, int64_t n, const WideTypes& types) {
  if (n == 0) return;
  if (types.narrow == nullptr)
    std::memcpy(to, from, static_cast<size_t>(n * types.element()));
  else
    types.narrow(to, from, nullptr, nullptr, nullptr, static_cast<size_t>(n), 0);
}

}  // namespace vorab::blas
