#include "runtime-mlx/native/staging.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace vorab::on_mlx {
namespace {

struct Staged {
  std::mutex mutex;
  std::unordered_map<const void*, mx::allocator::Data> memory;
};

Staged& staged() {
  static Staged all;
  return all;
}

}  // namespace

void* stage(uint64_t bytes) {
  // Nothing at all would have no address of its own.
  mx::allocator::Data data = mx::allocator::malloc(std::max<uint64_t>(bytes, 1));
  mx::allocator::Buffer buffer = data.buffer();
  void* memory = buffer.raw_ptr();
  const std::lock_guard lock(staged().mutex);
  staged().memory.emplace(memory, std::move(data));
  return memory;
}

void unstage(void* memory) { take_staged(memory); }

std::optional<mx::allocator::Data> take_staged(const void* host) {
  const std::lock_guard lock(staged().mutex);
  auto found = staged().memory.extract(host);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

}  // namespace vorab::on_mlx
