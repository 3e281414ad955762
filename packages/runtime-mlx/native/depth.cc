#include "runtime-mlx/native/depth.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace vorab::on_mlx {

// A walk that keeps its path itself: it is for graphs that are too deep to recurse.
bool is_deeper(const std::vector<mx::array>& results, size_t limit) {
  std::unordered_map<std::uintptr_t, size_t> depths;
  std::vector<std::reference_wrapper<const mx::array>> path(results.begin(), results.end());
  while (!path.empty()) {
    const mx::array& at = path.back();
    if (depths.contains(at.id())) {
      path.pop_back();
      continue;
    }
    size_t depth = 0;
    bool ready = true;
    for (const mx::array& input : at.inputs()) {
      const auto found = depths.find(input.id());
      if (found == depths.end()) {
        path.emplace_back(input);
        ready = false;
      } else {
        depth = std::max(depth, found->second);
      }
    }
    if (!ready) continue;
    if (depth + 1 > limit) return true;
    depths[at.id()] = depth + 1;
    path.pop_back();
  }
  return false;
}

}  // namespace vorab::on_mlx
