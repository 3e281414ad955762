// The tensors that a session has handed out, as numbers.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "runtime/native/backend.h"

namespace vorab::runtime {

// Thread-safe. A slot whose count falls to zero waits in a list until the backend's thread takes
// it, because only that thread may release the tensor.
class Slots {
 public:
  uint32_t add(vorab_tensor* tensor, uint64_t bytes);

  // The tensor with one more reference, or nullptr when nothing is there.
  vorab_tensor* retain(uint32_t slot);
  vorab_tensor* peek(uint32_t slot, uint64_t* bytes = nullptr);

  // Drops one reference. True: a tensor now waits to be released.
  bool release(uint32_t slot);

  bool any_released() const { return waiting_.load(std::memory_order_acquire); }
  std::vector<vorab_tensor*> take_released();
  std::vector<vorab_tensor*> take_all();

  uint64_t live_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  uint32_t live();

 private:
  struct Slot {
    vorab_tensor* tensor = nullptr;
    uint64_t bytes = 0;
    uint32_t references = 0;
  };

  std::mutex mutex_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<vorab_tensor*> released_;
  std::atomic<bool> waiting_{false};
  std::atomic<uint64_t> bytes_{0};
};

}  // namespace vorab::runtime
