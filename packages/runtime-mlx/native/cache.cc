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

bool FunctionCache::insert(FunctionKey key, std::unique_ptr<Function> function) {
  const auto same = [&](const Item& item) { return item.key.entry == key.entry; };
  const bool full =
      static_cast<size_t>(std::count_if(items_.begin(), items_.end(), same)) >= limit_;
  if (full) items_.erase(std::next(std::find_if(items_.rbegin(), items_.rend(), same)).base());
  items_.push_front({std::move(key), std::move(function)});
  return full;
}

}  // namespace vorab::on_mlx
