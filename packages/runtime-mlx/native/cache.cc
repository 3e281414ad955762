#include "runtime-mlx/native/cache.h"

#include <algorithm>

namespace vorab::on_mlx {

Function* FunctionCache::find(const FunctionKey& key) {
  const auto found =
      std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return item.key == key; });
  if (found == items_.end()) return nullptr;
  items_.splice(items_.begin(), items_, found);
  return found->function.get();
}

size_t FunctionCache::insert(FunctionKey key, std::unique_ptr<Function> function) {
  items_.push_front({std::move(key), std::move(function)});
  size_t dropped = 0;
  for (; items_.size() > limit_; ++dropped) items_.pop_back();
  return dropped;
}

}  // namespace vorab::on_mlx
