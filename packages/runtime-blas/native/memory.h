// Page-aligned memory that is touched once, when it is allocated, so that no step faults a page in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace vorab::blas {

class Memory {
 public:
  Memory() = default;
  explicit Memory(uint64_t bytes);  // zeros; throws std::bad_alloc
  ~Memory();
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }

  std::byte* data() const { return data_; }
  uint64_t size() const { return size_; }

 private:
  void swap(Memory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(from_, other.from_);
    std::swap(mapped_, other.mapped_);
  }

  std::byte* data_ = nullptr;
  uint64_t size_ = 0;
  std::byte* from_ = nullptr;  // of the mapping, which may begin before the data
  uint64_t mapped_ = 0;        // bytes of it; 0: from the heap
};

}  // namespace vorab::blas
