// The little that the unit tests need: a list of cases, and checks that say where they failed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace vorab::test {

struct Case {
  const char* name;
  std::function<void()> run;
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, std::function<void()> run) {
    cases().push_back({name, std::move(run)});
  }
};

// A legal file, as the TypeScript writer makes it: test/sample.hex.
std::vector<uint8_t> sample();

}  // namespace vorab::test

#define VORAB_TEST(name)                                                   \
  static void name();                                                      \
  static const vorab::test::Registration name##_registration{#name, name}; \
  static void name()

#define VORAB_CHECK(condition)                                                     \
  do {                                                                             \
    if (!(condition)) {                                                            \
      ++vorab::test::failures();                                                   \
      std::fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                              \
  } while (false)
