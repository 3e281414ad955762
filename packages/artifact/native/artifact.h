// A .vorab file, verified whole when it is opened and unchanged from then on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "artifact/native/program.h"
#include "artifact/native/result.h"
#include "artifact/native/verify.h"

namespace vorab {

struct OpenOptions {
  bool full = false;  // also hash segments larger than 64 MiB
};

class Artifact {
 public:
  // Maps the file. Codes "io" (cannot be read) and those of verify.h.
  static Result<Artifact> open(const std::string& path, const OpenOptions& options = {});
  // Copies the bytes, so that they are aligned and stay.
  static Result<Artifact> open(std::span<const uint8_t> bytes, const OpenOptions& options = {});

  Artifact(Artifact&&) noexcept = default;
  Artifact& operator=(Artifact&&) noexcept = default;

  const fb::Program& program() const { return *fb::GetProgram(flatbuffer().data()); }
  std::span<const uint8_t> file() const { return bytes_; }
  std::span<const uint8_t> flatbuffer() const { return flatbuffer_; }
  const std::byte* constant(uint32_t index) const {
    return constant_data(bytes_.data(), program(), index);
  }

 private:
  using Owner = std::shared_ptr<const void>;
  Artifact(Owner owner, std::span<const uint8_t> bytes, std::span<const uint8_t> flatbuffer)
      : owner_(std::move(owner)), bytes_(bytes), flatbuffer_(flatbuffer) {}
  static Result<Artifact> verified(Owner owner, std::span<const uint8_t> bytes,
                                   const OpenOptions& options);

  Owner owner_;  // of bytes_: a mapping or a copy
  std::span<const uint8_t> bytes_;
  std::span<const uint8_t> flatbuffer_;
};

}  // namespace vorab
