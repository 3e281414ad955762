// The verifier: a file is untrusted until it has passed. Afterwards nothing downstream checks
// bounds, data-dependent indices aside. docs/artifact.md lists the rules and codes; the TypeScript
// verifier gives the same verdicts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "artifact/native/container.h"
#include "artifact/native/program.h"
#include "artifact/native/result.h"

namespace vorab {

// Everything: header, hashes, FlatBuffer, and every rule of the schema. bytes must be aligned to 8
// or more. full: also hash segments larger than 64 MiB.
[[nodiscard]] std::optional<Fault> verify(std::span<const uint8_t> bytes, bool full = false);

// What depends on the values of symbols, at one binding: that they are legal, extents and sizes,
// and that every access of the plan's steps lies inside its value. plan and entry are indices
// (entry: into Program.entries). Call it once per new binding, before anything of that binding is
// read or written.
[[nodiscard]] std::optional<Fault> check_binding(const fb::Program& program, uint32_t plan,
                                                 uint32_t entry, const Binding& binding);

}  // namespace vorab
