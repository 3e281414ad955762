// The file around the program: header, padding, hashes. docs/artifact.md has the picture.
#pragma once

#include <cstdint>
#include <span>

#include "artifact/native/generated/vorab_generated.h"

namespace vorab {

inline constexpr uint64_t kHeaderBytes = 128;
inline constexpr uint32_t kGeneration = 1;
inline constexpr uint64_t kHashedOnOpen = uint64_t{64} << 20;
inline constexpr uint64_t kMaxProgramBytes = uint64_t{1} << 30;

// Checks the header and the program's hash; returns the program's bytes. Throws Rejected.
std::span<const uint8_t> check_header(std::span<const uint8_t> file);

// Checks that segments are aligned, in order and inside the file, that what lies between is zero,
// and their hashes (all: also of those that are too large to hash on every open). Throws Rejected.
void check_segments(std::span<const uint8_t> file, const fb::Program& program, bool all);

}  // namespace vorab
