// What a session can be asked for, and what the environment asks for.
#pragma once

#include <string>
#include <string_view>

namespace vorab::blas {

struct Options {
  int threads = 0;       // 0: as many as cores
  std::string cpu;       // kernel set; empty: the best one
  bool profile = false;  // count the time of every step
  bool flush = false;    // denormals
  int cache = 32;        // bindings of each entry that are kept
};

// A flat JSON object, as JSON.stringify writes it; names of other layers are passed over.
Options parse_options(std::string_view json);

int default_threads();

}  // namespace vorab::blas
