#include "runtime/native/library.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

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
void* open_library(const std::string& path) { return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); }
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
