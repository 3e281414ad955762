#pragma once

#include <array>
#include <optional>
#include <unordered_map>

#include "artifact/native/verify/uses.h"

namespace vorab::rules {

// One step of a plan, counted over its regions.
struct PlacedStep {
  std::optional<uint32_t> region;  // none in a body
  uint32_t index;
  const fb::Step* step;
  // All steps of its region are Apply and none touches the arena: a write binds a new array.
  bool binds_new;
};

// Memory that steps read and write, over the course of a plan.
struct Place {
  fb::Storage storage;
  uint32_t index;  // which input, output, state or constant; for own memory which value
  std::array<Wide, 2> elements;  // at the high and the low binding
  std::array<Wide, 2> filled{};
  bool read = false;
  std::optional<uint32_t> first_write{};
  uint32_t last_use = 0;
  std::optional<uint32_t> kernel{};  // the step whose kernel keeps it to itself
};

// The order of reads and writes.
class Flow {
 public:
  explicit Flow(const PlanContext& plan) : plan_(plan) {}

  void step(uint32_t index, const Path& path, const PlacedStep& of);

  // After the last step: all outputs are whole, all states that the entry writes are written.
  void finish(const Path& path) const;

  std::optional<uint32_t> first_write() const { return first_write_; }
  const std::unordered_map<uint64_t, Place>& places() const { return places_; }

 private:
  Place& place(uint32_t value);
  void kernel(uint32_t index, const Path& path, const fb::Kernel& kernel);
  void kernel_use(uint32_t index, const Path& path, const Use& use, const fb::Kernel& kernel);
  void read(uint32_t step, const Path& path, const Use& use);
  void write(uint32_t step, const Path& path, const Use& use);
  void check_in_place(const Path& path, const fb::Step& step, const std::vector<uint32_t>& reads,
                      const std::vector<uint32_t>& writes);

  const PlanContext& plan_;
  std::unordered_map<uint64_t, Place> places_;
  std::optional<uint32_t> first_write_;
};

}  // namespace vorab::rules
