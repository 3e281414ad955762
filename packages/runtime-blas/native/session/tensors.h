// Tensors handed out, and their buffers, which return when a tensor is released.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "../memory.h"
#include "backend.h"

struct vorab_tensor {
  vorab_type type{};
  uint64_t bytes = 0;
  uint32_t entry = VORAB_NO_STEP, output = 0;  // which call gave it, if one did
  vorab::blas::Memory memory;
};

namespace vorab::blas {

class Tensors {
 public:
  // A buffer of at least `bytes`; its contents are those of its last user. fresh: it had none.
  std::unique_ptr<vorab_tensor> take(const vorab_type& type, uint64_t bytes, bool& fresh);
  void give(std::unique_ptr<vorab_tensor> tensor);

 private:
  static uint64_t capacity(uint64_t bytes);

  std::map<uint64_t, std::vector<std::unique_ptr<vorab_tensor>>> free_;  // by capacity
};

}  // namespace vorab::blas
