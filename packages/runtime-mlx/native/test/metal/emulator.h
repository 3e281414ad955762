// Launches kernels as MLX does: the arrays of each case are read from the standard input, what it
// wrote goes to the standard output.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "metal.h"

namespace emulator {

// Where a thread stands, under the names of Metal's attributes.
struct Position {
  uint3 thread_position_in_grid;
  uint3 thread_position_in_threadgroup;
  uint thread_index_in_simdgroup;
  uint simdgroup_index_in_threadgroup;
};

using Run = void (*)(void* const* buffers, const Position& position);

// Memory that ends (or begins) where a page begins that nobody may touch.
class Guarded {
 public:
  Guarded(size_t bytes, bool at_end) : bytes_(bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t inside = (bytes + page - 1) / page * page;
    mapped_ = inside + 2 * page;
    base_ = static_cast<char*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED) std::abort();
    mprotect(base_, page, PROT_NONE);
    mprotect(base_ + page + inside, page, PROT_NONE);
    data_ = base_ + page + (at_end ? inside - bytes : 0);
  }
  ~Guarded() { munmap(base_, mapped_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  size_t mapped_;
  char* base_;
  char* data_;
};

struct Launch {
  uint32_t kernel, rows, threads, group, inputs, outputs;
};

inline bool read(void* into, size_t bytes) { return std::fread(into, 1, bytes, stdin) == bytes; }

template <class T>
T next() {
  T value;
  if (!read(&value, sizeof value)) std::abort();
  return value;
}

// The grid is rows × threads, cut into threadgroups; the last may have fewer rows.
inline void launch(Run run, const Launch& of, void* const* buffers, uint32_t seed) {
  Threadgroup threads(seed);
  for (uint32_t first = 0; first < of.rows; first += of.group) {
    const uint32_t rows = std::min(of.group, of.rows - first);
    threads.run(rows * of.threads, [&](uint32_t thread) {
      const uint x = thread % of.threads;
      const uint y = thread / of.threads;
      run(buffers, {{x, first + y, 0}, {x, y, 0}, thread % kSimdWidth, thread / kSimdWidth});
    });
  }
}

// Runs every case with several orders of threads, which must not show.
inline int main_of(const Run* kernels) {
  Launch of;
  while (read(&of, sizeof of)) {
    std::vector<std::vector<char>> given;
    for (uint32_t i = 0; i < of.inputs; ++i) {
      given.emplace_back(next<uint64_t>());
      if (!read(given.back().data(), given.back().size())) std::abort();
    }
    std::vector<size_t> wanted;
    for (uint32_t i = 0; i < of.outputs; ++i) wanted.push_back(next<uint64_t>());
    std::vector<char> first;
    for (const uint32_t seed : {1u, 2u}) {
      std::vector<std::unique_ptr<Guarded>> memory;
      std::vector<void*> buffers;
      const auto add = [&](size_t bytes) {
        memory.push_back(std::make_unique<Guarded>(bytes, seed == 1));
        buffers.push_back(memory.back()->data());
      };
      for (const auto& input : given) {
        add(input.size());
        std::memcpy(buffers.back(), input.data(), input.size());
      }
      for (const size_t bytes : wanted) {
        add(bytes);
        std::memset(buffers.back(), 0xa5, bytes);
      }
      launch(kernels[of.kernel], of, buffers.data(), seed);
      std::vector<char> made;
      for (size_t i = given.size(); i < memory.size(); ++i) {
        made.insert(made.end(), memory[i]->data(), memory[i]->data() + memory[i]->bytes());
      }
      if (seed == 1) first = made;
      if (made != first) {
        std::fprintf(stderr, "kernel %u: its result depends on the order of threads\n", of.kernel);
        return 1;
      }
    }
    std::fwrite(first.data(), 1, first.size(), stdout);
  }
  return 0;
}

}  // namespace emulator
