// Bounds of the FlatBuffer itself, by a table generated from the schema: stricter than
// flatbuffers::Verifier (element alignment, UTF-8, nothing stored once and read twice), and the
// same walk as in TypeScript.
#pragma once

#include <cstdint>
#include <span>

namespace vorab {

// Throws Rejected ("malformed" or "text").
void check_layout(std::span<const uint8_t> program);

}  // namespace vorab
