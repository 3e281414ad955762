#include "gather.h"

#include <algorithm>
#include <cstring>

namespace vorab::blas {
namespace {

constexpr int64_t kFewChannels = 4;

template <class E>
class Gather {
 public:
  Gather(const E* x, const ConvShape& shape, const Phase& phase, const PatchBlock& block)
      : x_(x), shape_(shape), phase_(phase), block_(block), last_(phase.axis[2]) {}

  void by_rows(E* to) const {
    const int64_t columns = patch_columns(shape_, phase_, block_.lines);
    const int64_t run = last_.taps * shape_.channels;
    each_line([&](int64_t row, int64_t count, int64_t l, const E* line, int64_t j2) {
      E* out = to + row * columns + l * run;
      for (int64_t r = 0; r < count; ++r, out += columns) {
        if (line == nullptr)
          std::memset(out, 0, static_cast<size_t>(run) * sizeof(E));
        else
          window(out, line, last_.base + (j2 + r) * last_.place_step);
      }
    });
  }

  void by_taps(E* to) const {
    each_line([&](int64_t row, int64_t count, int64_t l, const E* line, int64_t j2) {
      E* out = to + l * last_.taps * shape_.channels * block_.rows + row;
      for (int64_t t = 0; t < last_.taps; ++t) {
        const int64_t place = last_.base + j2 * last_.place_step + t * last_.tap_place;
        for (int64_t c = 0; c < shape_.channels; ++c, out += block_.rows)
          along(out, line, c, place, count);
      }
    });
  }

 private:
  // body(row within the block, rows, line of taps, where x's line of places starts or null, j2)
  template <class Body>
  void each_line(const Body& body) const {
    for_each_line(phase_, block_.row, block_.rows,
                  [&](int64_t row, int64_t count, int64_t n, int64_t j0, int64_t j1, int64_t j2) {
                    for (int64_t l = 0; l < block_.lines; ++l)
                      body(row - block_.row, count, l, line_at(block_.line + l, n, j0, j1), j2);
                  });
  }

  const E* line_at(int64_t line, int64_t n, int64_t j0, int64_t j1) const {
    const PhaseAxis &a = phase_.axis[0], &b = phase_.axis[1];
    const int64_t p0 = a.base + j0 * a.place_step + line / b.taps * a.tap_place,
                  p1 = b.base + j1 * b.place_step + line % b.taps * b.tap_place;
    if (p0 < 0 || p0 >= a.in || p1 < 0 || p1 >= b.in) return nullptr;
    return x_ + ((n * a.in + p0) * b.in + p1) * last_.in * shape_.all_channels() +
           block_.group * shape_.channels;
  }

  // The taps of one output, channels within.
  void window(E* out, const E* line, int64_t place) const {
    const int64_t channels = shape_.channels;
    if (last_.tap_place == 1 && shape_.groups == 1) {
      const int64_t from = std::clamp<int64_t>(-place, 0, last_.taps),
                    to = std::clamp<int64_t>(last_.in - place, from, last_.taps);
      zero(out, from * channels);
      copy(out + from * channels, line + (place + from) * channels, (to - from) * channels);
      zero(out + to * channels, (last_.taps - to) * channels);
      return;
    }
    for (int64_t t = 0; t < last_.taps; ++t, out += channels) {
      const int64_t at = place + t * last_.tap_place;
      if (at < 0 || at >= last_.in)
        zero(out, channels);
      else
        copy(out, line + at * shape_.all_channels(), channels);
    }
  }

  // One channel of one tap under `count` outputs.
  void along(E* out, const E* line, int64_t channel, int64_t place, int64_t count) const {
    const int64_t step = last_.place_step, pixel = shape_.all_channels();
    // How many of the outputs lie below a place.
    const auto below = [&](int64_t limit) {
      return std::clamp<int64_t>(limit <= place ? 0 : (limit - place + step - 1) / step, 0, count);
    };
    const int64_t from = line == nullptr ? count : below(0),
                  to = line == nullptr ? count : below(last_.in);
    zero(out, from);
    if (from < to && step * pixel == 1)
      copy(out + from, line + place + from, to - from);  // one channel in all
    else
      for (int64_t r = from; r < to; ++r) out[r] = line[(place + r * step) * pixel + channel];
    zero(out + to, count - to);
  }

  static void zero(E* out, int64_t n) {
    if (n > 0) std::memset(out, 0, static_cast<size_t>(n) * sizeof(E));
  }
  static void copy(E* out, const E* from, int64_t n) {
    if (n > 0) std::memcpy(out, from, static_cast<size_t>(n) * sizeof(E));
  }

  const E* x_;
  const ConvShape& shape_;
  const Phase& phase_;
  const PatchBlock& block_;
  const PhaseAxis& last_;
};

template <class E>
void gather(std::byte* to, const std::byte* x, const ConvShape& shape, const Phase& phase,
            const PatchBlock& block) {
  const Gather<E> from(reinterpret_cast<const E*>(x), shape, phase, block);
  if (taps_first(shape))
    from.by_taps(reinterpret_cast<E*>(to));
  else
    from.by_rows(reinterpret_cast<E*>(to));
}

}  // namespace

int64_t patch_columns(const ConvShape& shape, const Phase& phase, int64_t lines) {
  return lines * phase.axis[2].taps * shape.channels;
}

bool taps_first(const ConvShape& shape) { return shape.channels <= kFewChannels; }

void gather_patches(std::byte* to, const std::byte* x, size_t width, const ConvShape& shape,
                    const Phase& phase, const PatchBlock& block) {
  switch (width) {
    case 2: return gather<uint16_t>(to, x, shape, phase, block);
    case 4: return gather<uint32_t>(to, x, shape, phase, block);
    default: return gather<uint64_t>(to, x, shape, phase, block);
  }
}

}  // namespace vorab::blas
