#include "backend.h"

#include <cblas.h>

extern "C" __attribute__((visibility("default"))) const vorab_backend* vorab_backend_v1() {
  return nullptr;
}
