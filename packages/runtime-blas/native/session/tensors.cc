#include "tensors.h"

#include <bit>

namespace vorab::blas {
namespace {

constexpr size_t kMostFree = 8;  // of one capacity
constexpr uint64_t kLeast = 64;

}  // namespace

// In steps of an eighth of a power of two, so that sizes that vary a little share buffers.
uint64_t Tensors::capacity(uint64_t bytes) {
  if (bytes <= 8 * kLeast) return (bytes + kLeast - 1) / kLeast * kLeast;
  const uint64_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

std::unique_ptr<vorab_tensor> Tensors::take(const vorab_type& type, uint64_t bytes, bool& fresh) {
  const uint64_t size = capacity(bytes);
  auto& free = free_[size];
  std::unique_ptr<vorab_tensor> tensor;
  fresh = free.empty();
  if (fresh) {
    tensor = std::make_unique<vorab_tensor>();
    tensor->memory = Memory(size);
    free.reserve(kMostFree);
  } else {
    tensor = std::move(free.back());
    free.pop_back();
  }
  tensor->type = type;
  tensor->bytes = bytes;
  tensor->entry = VORAB_NO_STEP;
  return tensor;
}

void Tensors::give(std::unique_ptr<vorab_tensor> tensor) {
  auto& free = free_[tensor->memory.size()];
  if (free.size() < kMostFree) free.push_back(std::move(tensor));
}

}  // namespace vorab::blas
