// Text of a program: valid UTF-8 without a byte order mark.
#pragma once

#include <cstdint>
#include <span>

namespace vorab {

bool is_text(std::span<const uint8_t> bytes);

}  // namespace vorab
