#include "check.h"

// Runs all cases, or those whose names contain the argument.
int main(int count, char** arguments) {
  using namespace vorab::blas::test;
  for (const Case& test : cases()) {
    if (count > 1 && std::strstr(test.name, arguments[1]) == nullptr) continue;
    const int before = failures();
    try {
      test.body();
    } catch (const std::exception& error) {
      fail(test.name, 0, error.what());
    }
    std::printf("%s %s\n", failures() == before ? "ok    " : "FAILED", test.name);
    std::fflush(stdout);
  }
  return failures() == 0 ? 0 : 1;
}
