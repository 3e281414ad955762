#include "memory.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace vorab::blas {
namespace {

constexpr uint64_t kHugePage = 2 << 20;

}  // namespace

Memory::Memory(uint64_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  if (bytes < kHugePage) {
    data_ = static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64}));
    std::memset(data_, 0, bytes);
    return;
  }
  // A huge page begins at a multiple of its size.
  mapped_ = bytes + kHugePage;
  void* at = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  from_ = static_cast<std::byte*>(at);
  data_ = from_ + (kHugePage - reinterpret_cast<uintptr_t>(at) % kHugePage) % kHugePage;
#if defined(MADV_HUGEPAGE)
  // Whole pages alone: what is never touched must not become resident. Advice; failing costs
  // nothing.
  madvise(data_, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  for (uint64_t i = 0; i < bytes; i += 4096)
    static_cast<volatile std::byte*>(data_)[i] = std::byte{0};
}

Memory::~Memory() {
  if (mapped_ > 0)
    munmap(from_, mapped_);
  else if (data_ != nullptr)
    ::operator delete(data_, std::align_val_t{64});
}

}  // namespace vorab::blas
