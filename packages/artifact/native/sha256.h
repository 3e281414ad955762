// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace vorab {

using Digest = std::array<uint8_t, 32>;

Digest sha256(std::span<const uint8_t> bytes);

}  // namespace vorab
