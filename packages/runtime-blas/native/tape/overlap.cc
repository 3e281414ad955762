#include "overlap.h"

#include <algorithm>

namespace vorab::blas {
namespace {

struct Range {
  int64_t low, high;  // bytes within the space; empty when low >= high
};

Range range_of(const TapeSource& source, const SourceAccess& access) {
  int64_t low = access.offset, high = access.offset + 1;
  for (size_t d = 0; d < source.dims.size(); ++d) {
    if (source.dims[d] == 0) return {0, 0};
    const int64_t reach = (source.dims[d] - 1) * access.strides[d];
    low += std::min<int64_t>(reach, 0);
    high += std::max<int64_t>(reach, 0);
  }
  const auto bytes = static_cast<int64_t>(width(access.dtype));
  return {access.place.offset + low * bytes, access.place.offset + high * bytes};
}

}  // namespace

bool overlap(const TapeSource& source, const SourceAccess& a, const SourceAccess& b) {
  if (a.place.space != b.place.space) return false;
  const Range x = range_of(source, a), y = range_of(source, b);
  return x.low < x.high && y.low < y.high && x.low < y.high && y.low < x.high;
}

bool identical(const TapeSource& source, const SourceAccess& a, const SourceAccess& b) {
  if (width(a.dtype) != width(b.dtype)) return false;
  const auto bytes = static_cast<int64_t>(width(a.dtype));
  if (a.place.space != b.place.space ||
      a.place.offset + a.offset * bytes != b.place.offset + b.offset * bytes)
    return false;
  for (size_t d = 0; d < source.dims.size(); ++d) {
    if (source.dims[d] > 1 && a.strides[d] != b.strides[d]) return false;
  }
  return true;
}

}  // namespace vorab::blas
