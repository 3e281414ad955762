#include "artifact/native/utf8.h"

#include <cstddef>

namespace vorab {
namespace {

bool between(uint8_t byte, uint8_t low, uint8_t high) { return byte >= low && byte <= high; }

// Bytes of the sequence that starts here (Unicode 15, table 3-7), or 0 if it is ill-formed.
size_t sequence(std::span<const uint8_t> at) {
  const uint8_t first = at[0];
  if (first < 0x80) return 1;
  const size_t length = between(first, 0xc2, 0xdf)   ? 2
                        : between(first, 0xe0, 0xef) ? 3
                        : between(first, 0xf0, 0xf4) ? 4
                                                     : 0;
  if (length == 0 || at.size() < length) return 0;
  const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (!between(at[1], low, high)) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (!between(at[i], 0x80, 0xbf)) return 0;
  }
  return length;
}

}  // namespace

bool is_text(std::span<const uint8_t> bytes) {
  if (bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf) return false;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = sequence(bytes.subspan(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace vorab
