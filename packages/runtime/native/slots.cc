#include "runtime/native/slots.h"

namespace vorab::runtime {

uint32_t Slots::add(vorab_tensor* tensor, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot] = Slot{tensor, bytes, 1};
  bytes_ += bytes;
  return slot;
}

vorab_tensor* Slots::retain(uint32_t slot) {
  const std::lock_guard lock(mutex_);
  if (slot >= slots_.size() || slots_[slot].references == 0) return nullptr;
  ++slots_[slot].references;
  return slots_[slot].tensor;
}

vorab_tensor* Slots::peek(uint32_t slot, uint64_t* bytes) {
  const std::lock_guard lock(mutex_);
  if (slot >= slots_.size() || slots_[slot].references == 0) return nullptr;
  if (bytes != nullptr) *bytes = slots_[slot].bytes;
  return slots_[slot].tensor;
}

bool Slots::release(uint32_t slot) {
  const std::lock_guard lock(mutex_);
  if (slot >= slots_.size() || slots_[slot].references == 0) return false;
  if (--slots_[slot].references != 0) return false;
  released_.push_back(slots_[slot].tensor);
  waiting_.store(true, std::memory_order_release);
  bytes_ -= slots_[slot].bytes;
  slots_[slot] = Slot{};
  free_.push_back(slot);
  return true;
}

std::vector<vorab_tensor*> Slots::take_released() {
  const std::lock_guard lock(mutex_);
  std::vector<vorab_tensor*> taken;
  taken.swap(released_);
  waiting_.store(false, std::memory_order_release);
  return taken;
}

std::vector<vorab_tensor*> Slots::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<vorab_tensor*> taken;
  taken.swap(released_);
  waiting_.store(false, std::memory_order_release);
  for (const Slot& slot : slots_) {
    if (slot.references != 0) taken.push_back(slot.tensor);
  }
  slots_.clear();
  free_.clear();
  bytes_ = 0;
  return taken;
}

uint32_t Slots::live() {
  const std::lock_guard lock(mutex_);
  return static_cast<uint32_t>(slots_.size() - free_.size());
}

}  // namespace vorab::runtime
