#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {

ScalarFn find_longs(const Signature& signature) { return find_among<Dt::I64, Dt::F64>(signature); }

}  // namespace vorab::blas::VORAB_ISA
