#include "geometry.h"

#include <algorithm>
#include <numeric>

namespace vorab::blas {
namespace {

int64_t modulo(int64_t a, int64_t b) { return (a % b + b) % b; }
int64_t parts(int64_t extent, int64_t step) { return extent <= 0 ? 0 : (extent + step - 1) / step; }

// Output o and tap k meet x at (stride * o - low + dilation * k) / in_dilation, where that is
// whole.
PhaseAxis phase_of(const ConvAxis& a, int64_t first, int64_t period) {
  PhaseAxis p;
  p.first = first, p.step = period, p.count = parts(a.out - first, period);
  p.tap_step = a.in_dilation / std::gcd(a.dilation, a.in_dilation);
  p.place_step = a.stride * period / a.in_dilation;
  p.tap_place = a.dilation * p.tap_step / a.in_dilation;
  p.in = a.in;
  const int64_t start = a.stride * first - a.low;
  for (p.first_tap = 0; p.first_tap < p.tap_step; ++p.first_tap) {
    if (modulo(start + a.dilation * p.first_tap, a.in_dilation) == 0) break;
  }
  p.taps = p.first_tap == p.tap_step ? 0 : parts(a.window - p.first_tap, p.tap_step);
  if (p.taps > 0) p.base = (start + a.dilation * p.first_tap) / a.in_dilation;
  return p;
}

std::vector<PhaseAxis> phases_of(const ConvAxis& a) {
  const int64_t period = a.in_dilation / std::gcd(a.stride, a.in_dilation);
  std::vector<PhaseAxis> out;
  for (int64_t first = 0; first < std::min(period, a.out); ++first)
    out.push_back(phase_of(a, first, period));
  return out;
}

}  // namespace

int64_t Phase::tap(int64_t line, int64_t t, const ConvShape& shape) const {
  const auto at = [&](int i, int64_t k) { return axis[i].first_tap + k * axis[i].tap_step; };
  const int64_t k0 = at(0, line / axis[1].taps), k1 = at(1, line % axis[1].taps), k2 = at(2, t);
  return (k0 * shape.axis[1].window + k1) * shape.axis[2].window + k2;
}

std::vector<Phase> phases_of(const ConvShape& shape) {
  std::vector<Phase> out;
  for (const PhaseAxis& a : phases_of(shape.axis[0])) {
    for (const PhaseAxis& b : phases_of(shape.axis[1])) {
      for (const PhaseAxis& c : phases_of(shape.axis[2])) {
        const Phase phase{{a, b, c}, shape.batch};
        if (phase.rows() > 0) out.push_back(phase);
      }
    }
  }
  return out;
}

}  // namespace vorab::blas
