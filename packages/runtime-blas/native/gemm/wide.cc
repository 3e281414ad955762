#include "wide.h"

#include <cstring>
#include <string>

#include "../tape/source.h"
#include "artifact/native/ops.h"

namespace vorab::blas {
namespace {

template <class T>
void add(std::byte* to, const std::byte* from, int64_t n) {
  T* sums = reinterpret_cast<T*>(to);
  const T* terms = reinterpret_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i) sums[i] += terms[i];
}

}  // namespace

ScalarFn cast_kernel(const KernelTable& kernels, Dt from, Dt to) {
  if (from == to) return nullptr;
  return kernels.scalar({OP_cast, 1, to, {from, from, from, from}});
}

WideTypes::WideTypes(const char* what, Dt type, const KernelTable& kernels)
    : dtype(type),
      product(type == Dt::F16 || type == Dt::BF16 ? Dt::F32 : type),
      matrices(product, kernels.tiles) {
  if (!is_float(dtype)) throw Unsupported(std::string(what) + " of " + name_of(dtype));
  widen = cast_kernel(kernels, dtype, product);
  narrow = cast_kernel(kernels, product, dtype);
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

void accumulate(std::byte* to, const std::byte* from, int64_t n, const WideTypes& types) {
  (types.product == Dt::F64 ? add<double> : add<float>)(to, from, n);
}

}  // namespace vorab::blas
