// Convolutions over up to three spatial axes, without FlatBuffers: extents, and which places of x
// meet which taps of the kernel.
#pragma once

#include <cstdint>
#include <vector>

namespace vorab::blas {

inline constexpr int kSpatial = 3;  // fewer axes are led by axes of extent 1

struct ConvAxis {
  int64_t in = 1, window = 1, out = 1;
  int64_t stride = 1, low = 0;  // pads may be negative
  int64_t in_dilation = 1, dilation = 1;
};

struct ConvShape {
  int64_t batch = 1, groups = 1;
  int64_t channels = 1, features = 1;  // of one group
  ConvAxis axis[kSpatial];

  int64_t all_channels() const { return groups * channels; }
  int64_t all_features() const { return groups * features; }
  int64_t places_in() const { return axis[0].in * axis[1].in * axis[2].in; }
  int64_t places_out() const { return axis[0].out * axis[1].out * axis[2].out; }
  int64_t window() const { return axis[0].window * axis[1].window * axis[2].window; }
};

// Outputs first + j * step that meet the same taps first_tap + t * tap_step, at the places
// base + j * place_step + t * tap_place of x. Where x is not dilated there is one phase; otherwise
// each meets its own part of the kernel, and no zero between neighbours is multiplied.
struct PhaseAxis {
  int64_t first = 0, step = 1, count = 0;
  int64_t first_tap = 0, tap_step = 1, taps = 0;
  int64_t base = 0, place_step = 1, tap_place = 1;
  int64_t in = 1;
};

struct Phase {
  PhaseAxis axis[kSpatial];
  int64_t batch = 1;

  int64_t rows() const { return batch * axis[0].count * axis[1].count * axis[2].count; }
  int64_t lines() const { return axis[0].taps * axis[1].taps; }  // runs of taps along the last axis
  int64_t taps() const { return lines() * axis[2].taps; }
  int64_t tap(int64_t line, int64_t t, const ConvShape& shape) const;  // its place in the kernel
};

std::vector<Phase> phases_of(const ConvShape& shape);

// Rows of a phase that lie in one line of the output: body(first row, count, n, j0, j1, j2).
template <class Body>
void for_each_line(const Phase& phase, int64_t row, int64_t rows, const Body& body) {
  const int64_t width = phase.axis[2].count, height = phase.axis[1].count,
                depth = phase.axis[0].count;
  for (int64_t end = row + rows; row < end;) {
    const int64_t j2 = row % width, line = row / width;
    const int64_t count = width - j2 < end - row ? width - j2 : end - row;
    body(row, count, line / height / depth, line / height % depth, line % height, j2);
    row += count;
  }
}

// The place of an output, in rows of all_features elements.
inline int64_t output_row(const ConvShape& shape, const Phase& phase, int64_t n, int64_t j0,
                          int64_t j1, int64_t j2) {
  const PhaseAxis* p = phase.axis;
  const int64_t o0 = p[0].first + j0 * p[0].step, o1 = p[1].first + j1 * p[1].step,
                o2 = p[2].first + j2 * p[2].step;
  return ((n * shape.axis[0].out + o0) * shape.axis[1].out + o1) * shape.axis[2].out + o2;
}

}  // namespace vorab::blas
