// A verified artifact, mapped from a file or held as a copy of bytes.
#pragma once

#include <memory>
#include <string>

#include "artifact/native/generated/vorab_generated.h"
#include "runtime/native/backend.h"

namespace vorab::runtime {

class ArtifactFile {
 public:
  virtual ~ArtifactFile() = default;

  // nullptr: `problem` says what was found and expected.
  static std::shared_ptr<const ArtifactFile> open(const std::string& path, std::string& problem);
  static std::shared_ptr<const ArtifactFile> copy(const void* bytes, size_t size,
                                                  std::string& problem);

  virtual vorab_program view() const = 0;
  virtual const fb::Program& program() const = 0;
};

}  // namespace vorab::runtime
