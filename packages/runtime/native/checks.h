// What checkFinite and checkIndices refuse, the same in every native backend.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/native/program.h"

namespace vorab::checks {

// The first element that does not pass: where it lies in row-major order, and what is wrong.
struct Refused {
  int64_t at;
  std::string message;
};

template <class T>
T element(const std::byte* data, int64_t i) {
  T x;
  std::memcpy(&x, data + i * static_cast<int64_t>(sizeof(T)), sizeof x);
  return x;
}

// By the bits: an exponent of ones is an infinity, or NaN where the fraction is not 0.
template <class Bits>
std::optional<Refused> not_finite(const std::byte* data, int64_t count, Bits exponent,
                                  bool infinities, std::string_view what) {
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  const Bits fraction = static_cast<Bits>(~(exponent | kSign));
  for (int64_t i = 0; i < count; ++i) {
    const Bits x = element<Bits>(data, i);
    if ((x & exponent) != exponent) continue;
    const bool nan = (x & fraction) != 0;
    if (!nan && !infinities) continue;
    std::string found = nan ? "NaN" : (x & kSign) != 0 ? "-Infinity" : "Infinity";
    if (!what.empty()) found.append(" ").append(what);
    return Refused{i, std::move(found)};
  }
  return std::nullopt;
}

inline std::optional<Refused> not_finite(const std::byte* data, int64_t count, fb::DType dtype,
                                         bool infinities, std::string_view what) {
  switch (dtype) {
    case fb::DType::F16: return not_finite<uint16_t>(data, count, 0x7c00, infinities, what);
    case fb::DType::BF16: return not_finite<uint16_t>(data, count, 0x7f80, infinities, what);
    case fb::DType::F32: return not_finite<uint32_t>(data, count, 0x7f800000, infinities, what);
    case fb::DType::F64:
      return not_finite<uint64_t>(data, count, 0x7ff0000000000000, infinities, what);
    default: return std::nullopt;
  }
}

template <class T>
std::optional<Refused> outside(const std::byte* data, int64_t count, int64_t extent,
                               std::string_view what) {
  for (int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<int64_t>(element<T>(data, i));
    if (index >= 0 && index < extent) continue;
    std::string found =
        "index " + std::to_string(index) + " is outside [0, " + std::to_string(extent) + ")";
    if (!what.empty()) found.append(" ").append(what);
    return Refused{i, std::move(found)};
  }
  return std::nullopt;
}

inline std::optional<Refused> outside(const std::byte* data, int64_t count, fb::DType dtype,
                                      int64_t extent, std::string_view what) {
  switch (dtype) {
    case fb::DType::U8: return outside<uint8_t>(data, count, extent, what);
    case fb::DType::I8: return outside<int8_t>(data, count, extent, what);
    case fb::DType::U32: return outside<uint32_t>(data, count, extent, what);
    case fb::DType::I32: return outside<int32_t>(data, count, extent, what);
    case fb::DType::I64: return outside<int64_t>(data, count, extent, what);
    default: return std::nullopt;
  }
}

// The index of an element in an array of these extents.
template <class Extents>
std::vector<int64_t> place(int64_t at, const Extents& extents, size_t rank) {
  std::vector<int64_t> index(rank);
  for (size_t axis = rank; axis-- > 0;) {
    const auto extent = static_cast<int64_t>(extents[axis]);
    index[axis] = at % extent;
    at /= extent;
  }
  return index;
}

}  // namespace vorab::checks
