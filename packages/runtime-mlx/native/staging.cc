#include "runtime-mlx/native/staging.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace vorab::on_mlx {
namespace {

// Those that are not taken, by their memory.
struct Waiting {
  std::mutex mutex;
  std::unordered_map<const void*, vorab_staged*> staged;
};

Waiting& waiting() {
  static Waiting all;
  return all;
}

}  // namespace

vorab_staged* stage(uint64_t bytes, void** memory) {
  // Nothing at all would have no address of its own.
  mx::allocator::Data data = mx::allocator::malloc(std::max<uint64_t>(bytes, 1));
  mx::allocator::Buffer buffer = data.buffer();
  *memory = buffer.raw_ptr();
  if (*memory == nullptr) return nullptr;
  auto made = std::make_unique<vorab_staged>(vorab_staged{std::move(data), *memory});
  const std::lock_guard lock(waiting().mutex);
  waiting().staged[*memory] = made.get();
  return made.release();
}

void unstage(vorab_staged* staged) {
  const std::unique_ptr<vorab_staged> owned(staged);
  const std::lock_guard lock(waiting().mutex);
  if (owned->data) waiting().staged.erase(owned->memory);
}

std::optional<mx::allocator::Data> take_staged(const void* host) {
  const std::lock_guard lock(waiting().mutex);
  const auto found = waiting().staged.extract(host);
  if (found.empty()) return std::nullopt;
  return std::exchange(found.mapped()->data, std::nullopt);
}

}  // namespace vorab::on_mlx
