// A copy of the caller's data for a task that has yet to run.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/native/session.h"

namespace vorab::runtime {

// Aligned for any vector. Where the backend takes memory over, it lies there already, so that
// nothing is copied again.
class Held {
 public:
  Held(std::shared_ptr<Session> session, const void* data, uint64_t bytes);
  Held(Held&&) noexcept;
  Held& operator=(Held&&) = delete;
  ~Held();

  const void* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<Session> session_;
  uint64_t bytes_;
  // Once it has been taken over it is somebody else's: only `staged_` is given back.
  void* data_ = nullptr;
  vorab_staged* staged_;  // or null
  std::unique_ptr<std::byte[]> own_;
};

// Memory of `bytes` within `own`, not initialised: zeroing first would touch it twice.
std::byte* aligned_memory(std::unique_ptr<std::byte[]>& own, uint64_t bytes);

}  // namespace vorab::runtime
