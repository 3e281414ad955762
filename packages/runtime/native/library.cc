#include "runtime/native/library.h"

#ifdef __linux__
#include <sched.h>
#endif
#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <optional>

namespace vorab::runtime {
namespace {

constexpr const char* kEntry = "vorab_backend_v1";

#ifdef _WIN32
void* open_library(const std::string& path) { return LoadLibraryA(path.c_str()); }
void* find_symbol(void* library) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), kEntry));
}
std::string last_problem() { return "error " + std::to_string(GetLastError()); }
#else

#ifdef __linux__
// The calling thread runs on one CPU while this lives; a system that refuses leaves it where it is.
class OnOneCpu {
 public:
  OnOneCpu() {
    const int cpu = sched_getcpu();
    if (cpu < 0 || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(cpu), &one);
    changed_ = sched_setaffinity(0, sizeof one, &one) == 0;
  }
  ~OnOneCpu() {
    if (changed_) sched_setaffinity(0, sizeof before_, &before_);
  }
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;

 private:
  cpu_set_t before_;
  bool changed_ = false;
};
#else
struct OnOneCpu {};
#endif

// OpenBLAS starts a thread for each CPU but one that its loader may run on. Ours are never given
// work, and would spin for a tenth of a second: during the first steps.
bool brings_openblas(const std::string& path) {
  return path.find("libvorab_blas.") != std::string::npos;
}

void* open_library(const std::string& path) {
  std::optional<OnOneCpu> on_one_cpu;
  if (brings_openblas(path)) on_one_cpu.emplace();
  return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}
void* find_symbol(void* library) { return dlsym(library, kEntry); }
std::string last_problem() {
  const char* message = dlerror();
  return message == nullptr ? "no reason given" : message;
}
#endif

}  // namespace

const vorab_backend* load_backend(const std::string& path, std::string& problem) {
  void* library = open_library(path);
  if (library == nullptr) {
    problem = "cannot load " + path + ": " + last_problem();
    return nullptr;
  }
  void* symbol = find_symbol(library);
  if (symbol == nullptr) {
    problem = path + " does not export " + kEntry + ": it is not a vorab backend";
    return nullptr;
  }
  const vorab_backend* backend = reinterpret_cast<vorab_backend_entry>(symbol)();
  if (backend == nullptr || backend->abi != VORAB_BACKEND_ABI) {
    const std::string found = backend == nullptr ? "none" : std::to_string(backend->abi);
    problem = path + " has backend ABI " + found + ", expected " +
              std::to_string(VORAB_BACKEND_ABI) +
              ": build it from the same version of vorab as the runtime";
    return nullptr;
  }
  return backend;
}

}  // namespace vorab::runtime
