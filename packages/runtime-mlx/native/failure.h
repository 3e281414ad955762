// The one exception of this backend: a status of the C table, the step where it arose, and what was
// found.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backend.h"

namespace vorab::on_mlx {

class Failure : public std::runtime_error {
 public:
  Failure(vorab_status status, const std::string& message, uint32_t step = VORAB_NO_STEP,
          std::vector<int64_t> index = {})
      : std::runtime_error(message), status_(status), step_(step), index_(std::move(index)) {}

  vorab_status status() const { return status_; }
  uint32_t step() const { return step_; }
  const std::vector<int64_t>& index() const { return index_; }  // in the step's data

 private:
  vorab_status status_;
  uint32_t step_;
  std::vector<int64_t> index_;
};

// MLX reports memory that it did not get as a runtime_error whose text begins so.
inline bool is_memory_error(const std::exception& error) {
  return std::string_view(error.what()).find("[malloc") != std::string_view::npos;
}

}  // namespace vorab::on_mlx
