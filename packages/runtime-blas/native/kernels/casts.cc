#include "casts.h"

#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <Dt From>
ScalarFn cast_from(Dt to) {
  switch (to) {
    case Dt::Bool: return &map_cast<From, Dt::Bool>;
    case Dt::U8: return &map_cast<From, Dt::U8>;
    case Dt::I8: return &map_cast<From, Dt::I8>;
    case Dt::U32: return &map_cast<From, Dt::U32>;
    case Dt::I32: return &map_cast<From, Dt::I32>;
    case Dt::I64: return &map_cast<From, Dt::I64>;
    case Dt::F16: return &map_cast<From, Dt::F16>;
    case Dt::BF16: return &map_cast<From, Dt::BF16>;
    case Dt::F32: return &map_cast<From, Dt::F32>;
    case Dt::F64: return &map_cast<From, Dt::F64>;
  }
  return nullptr;
}

}  // namespace

ScalarFn find_cast(Dt from, Dt to) {
  switch (from) {
    case Dt::Bool: return cast_from<Dt::Bool>(to);
    case Dt::U8: return cast_from<Dt::U8>(to);
    case Dt::I8: return cast_from<Dt::I8>(to);
    case Dt::U32: return cast_from<Dt::U32>(to);
    case Dt::I32: return cast_from<Dt::I32>(to);
    case Dt::I64: return cast_from<Dt::I64>(to);
    case Dt::F16: return cast_from<Dt::F16>(to);
    case Dt::BF16: return cast_from<Dt::BF16>(to);
    case Dt::F32: return cast_from<Dt::F32>(to);
    case Dt::F64: return cast_from<Dt::F64>(to);
  }
  return nullptr;
}

}  // namespace vorab::blas::VORAB_ISA
