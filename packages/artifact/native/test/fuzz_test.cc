#include <cstring>
#include <random>

#include "artifact/native/artifact.h"
#include "artifact/native/sha256.h"
#include "artifact/native/test/check.h"

namespace vorab::test {
namespace {

constexpr size_t kRuns = 20000;

// Reads all that a program holds, as a runtime would: nothing of a file that passed may be out of
// bounds.
void touch(const Artifact& artifact) {
  const fb::Program& program = artifact.program();
  std::vector<int64_t> symbols;
  for (const fb::Symbol* symbol : items(program.symbols())) {
    symbols.push_back(symbol->max() / symbol->multiple_of() * symbol->multiple_of());
  }
  const Binding binding(program, symbols.data());
  for (uint32_t plan = 0; plan < items(program.plans()).size(); ++plan) {
    for (uint32_t entry = 0; entry < items(program.entries()).size(); ++entry) {
      VORAB_CHECK(!check_binding(program, plan, entry, binding));
    }
  }
  for (uint32_t i = 0; i < items(program.constants()).size(); ++i) {
    const auto& type = type_at(program, program.constants()->Get(i)->type());
    std::vector<std::byte> copy(static_cast<size_t>(byte_size(type, binding)));
    if (!copy.empty()) std::memcpy(copy.data(), artifact.constant(i), copy.size());
  }
}

// Damages the program and makes its hash right again, so that the rules themselves are exercised.
VORAB_TEST(random_damage_is_refused_or_harmless) {
  const auto good = sample();
  uint64_t length;
  std::memcpy(&length, good.data() + 24, sizeof(length));
  std::mt19937 random(1);  // NOLINT: the same damage on every run
  size_t passed = 0;
  for (size_t run = 0; run < kRuns; ++run) {
    auto bytes = good;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
      static constexpr uint8_t kInteresting[] = {0, 1, 2, 3, 0x7f, 0x80, 0xff};
      const uint32_t pick = static_cast<uint32_t>(random()) % 8;
      bytes[kHeaderBytes + random() % length] =
          pick < 7 ? kInteresting[pick] : static_cast<uint8_t>(random());
    }
    const Digest digest = sha256(std::span(bytes).subspan(kHeaderBytes, length));
    std::memcpy(bytes.data() + 40, digest.data(), digest.size());
    const auto opened = Artifact::open(bytes);
    if (!opened) continue;
    ++passed;
    touch(opened.value());
  }
  std::printf("       %zu of %zu damaged files are legal\n", passed, kRuns);
}

}  // namespace
}  // namespace vorab::test
