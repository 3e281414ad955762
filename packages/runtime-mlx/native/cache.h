// Functions by entry and binding; of those of one entry the least recently used is dropped when
// there are too many, so that an entry of many sizes takes nothing from the others.
#pragma once

#include <list>
#include <memory>

#include "runtime-mlx/native/function.h"

namespace vorab::on_mlx {

struct FunctionKey {
  uint32_t entry;
  std::vector<int64_t> symbols;  // those that the entry binds
  bool operator==(const FunctionKey&) const = default;
};

class FunctionCache {
 public:
  explicit FunctionCache(size_t limit) : limit_(limit) {}

  // Null when there is none.
  Function* find(const FunctionKey& key);
  // Whether another had to go.
  bool insert(FunctionKey key, std::unique_ptr<Function> function);
  size_t size() const { return items_.size(); }

 private:
  struct Item {
    FunctionKey key;
    std::unique_ptr<Function> function;
  };
  size_t limit_;
  std::list<Item> items_;  // most recently used first; short enough to search in order
};

}  // namespace vorab::on_mlx
