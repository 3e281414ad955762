// What ops refuse on these data while they are evaluated, on whatever thread MLX evaluates them.
// Nothing is thrown there: the call looks here once everything has been evaluated, and before any
// state is bound.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {

class Findings {
 public:
  // Lines of the message after the first say what would cure it.
  void add(uint32_t step, const std::string& message, std::vector<int64_t> index) {
    const std::lock_guard lock(mutex_);
    // MLX decides in which order steps are evaluated: the first step of the plan is reported.
    if (!first_ || step < first_->step())
      first_ = Failure(VORAB_FAILED, message, step, std::move(index));
  }

  std::optional<Failure> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(first_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Failure> first_;
};

}  // namespace vorab::on_mlx
