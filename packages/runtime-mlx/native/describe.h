#pragma once

#include <string>

namespace vorab::on_mlx {

// What this backend is on this machine, as a JSON object.
std::string describe_backend();

}  // namespace vorab::on_mlx
