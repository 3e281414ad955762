#include "artifact/native/verify/flow.h"

#include <algorithm>

#include "artifact/native/verify/in_place.h"

namespace vorab::rules {
namespace {

bool is_whole(const Place& place) {
  return place.filled[0] >= place.elements[0] && place.filled[1] >= place.elements[1];
}

std::string name_of(const Place& place) {
  static constexpr const char* kNames[] = {"input",    "output", "state",
                                           "constant", "value",  "value"};
  return std::string(kNames[static_cast<size_t>(place.storage)]) + ' ' +
         std::to_string(place.index);
}

// Sums of products of extents, each within the limit: a tape is too short to overflow 128 bits.
std::string decimal(Wide value) {
  const std::string last(1, static_cast<char>('0' + static_cast<int>(value % 10)));
  return value < 10 ? last : decimal(value / 10) + last;
}

}  // namespace

Place& Flow::place(uint32_t value) {
  const uint64_t key = place_of(plan_.values, value);
  const auto known = places_.find(key);
  if (known != places_.end()) return known->second;
  const uint32_t base = base_of(plan_.values, value);
  const fb::Value& of = *plan_.values[base];
  const fb::TensorType& type = type_at(plan_.context.program, of.type());
  Place place{of.storage(),
              owns_memory(of.storage()) ? base : of.index(),
              {elements(type, plan_.context.high), elements(type, plan_.context.low)}};
  return places_.emplace(key, place).first->second;
}

void Flow::step(uint32_t index, const Path& path, const PlacedStep& of) {
  if (const fb::Kernel* kernel = of.step->body_as_Kernel()) {
    return this->kernel(index, path.field("body"), *kernel);
  }
  std::vector<uint32_t> reads;
  std::vector<uint32_t> writes;
  each_use(plan_, path, *of.step, [&](const Path& at, const Use& use) {
    (use.write ? writes : reads).push_back(use.value);
    use.write ? write(index, at, use) : read(index, at, use);
  });
  if (!of.binds_new) check_in_place(path, *of.step, reads, writes);
}

// What a kernel's steps read comes in through its inputs, or they have written it; outside they are
// seen by its outputs.
void Flow::kernel(uint32_t index, const Path& path, const fb::Kernel& kernel) {
  for (uint32_t i = 0; i < count(kernel.inputs()); ++i) {
    read(index, path.at("inputs", i), {kernel.inputs()->Get(i), false, {}});
  }
  for (uint32_t s = 0; s < count(kernel.steps()); ++s) {
    each_use(plan_, path.at("steps", s), *kernel.steps()->Get(s),
             [&](const Path& at, const Use& use) { kernel_use(index, at, use, kernel); });
  }
  for (uint32_t i = 0; i < count(kernel.outputs()); ++i) {
    const Place& of = place(kernel.outputs()->Get(i));
    if (of.first_write == index && is_whole(of)) continue;
    fail("write", path.at("outputs", i), "is ", name_of(of),
         ", which no step of its kernel writes");
  }
}

void Flow::kernel_use(uint32_t index, const Path& path, const Use& use, const fb::Kernel& kernel) {
  const auto among = [&](const flatbuffers::Vector<uint32_t>* of) {
    const auto& all = items(of);
    return std::any_of(all.begin(), all.end(), [&](uint32_t value) {
      return place_of(plan_.values, value) == place_of(plan_.values, use.value);
    });
  };
  Place& of = place(use.value);
  const bool given = among(kernel.inputs());
  if (!use.write && of.first_write != index && !given) {
    fail("read", path, "reads ", name_of(of), ", which is no input of its kernel");
  }
  if (use.write && (of.storage != fb::Storage::Device || given)) {
    fail("write", path, "writes ", name_of(of), ", expected a new Device value");
  }
  use.write ? write(index, path, use) : read(index, path, use);
  if (use.write && !among(kernel.outputs())) of.kernel = index;
}

void Flow::check_in_place(const Path& path, const fb::Step& step,
                          const std::vector<uint32_t>& reads, const std::vector<uint32_t>& writes) {
  for (const uint32_t write : writes) {
    const uint64_t place = place_of(plan_.values, write);
    const bool both = std::any_of(reads.begin(), reads.end(), [&](uint32_t read) {
      return place_of(plan_.values, read) == place;
    });
    if (both && !in_place(plan_, step, place, place)) {
      fail("in-place", path, "reads and writes ", name_of(places_.at(place)),
           ", and not element by element");
    }
  }
}

void Flow::read(uint32_t step, const Path& path, const Use& use) {
  Place& of = place(use.value);
  if (of.kernel && *of.kernel != step) {
    fail("read", path, "reads ", name_of(of), ", which a kernel keeps to itself");
  }
  switch (of.storage) {
    case fb::Storage::Output: fail("read", path, "reads ", name_of(of), ", which is only written");
    case fb::Storage::State:
      if (!plan_.frame.reads[of.index] && !of.first_write) {
        fail("read", path, "reads ", name_of(of), ", which the entry does not read");
      }
      break;
    case fb::Storage::Arena:
    case fb::Storage::Device:
      if (!is_whole(of)) fail("read", path, "reads ", name_of(of), " before all of it is written");
      break;
    default: break;
  }
  of.read = true;
  of.last_use = step;
}

void Flow::write(uint32_t step, const Path& path, const Use& use) {
  Place& of = place(use.value);
  if (of.storage == fb::Storage::Input || of.storage == fb::Storage::Constant) {
    fail("write", path, "writes ", name_of(of));
  }
  if (of.storage == fb::Storage::State) {
    if (!plan_.frame.writes[of.index]) {
      fail("write", path, "writes ", name_of(of), ", which the entry does not write");
    }
    if (!first_write_) first_write_ = step;
  } else if (of.read) {
    fail("write", path, "writes ", name_of(of), " after it was read");
  }
  for (size_t i = 0; i < of.filled.size(); ++i) of.filled[i] += use.filled[i];
  for (size_t i = 0; i < of.filled.size(); ++i) {
    if (of.storage == fb::Storage::Output && of.filled[i] > of.elements[i]) {
      fail("write", path, "writes ", decimal(of.filled[i]), " elements of ", name_of(of),
           ", expected ", decimal(of.elements[i]));
    }
  }
  if (!of.first_write) of.first_write = step;
  of.last_use = step;
}

void Flow::finish(const Path& path) const {
  for (uint32_t i = 0; i < plan_.frame.outputs.size(); ++i) {
    if (!plan_.frame.outputs[i]) continue;
    const auto place = places_.find(place_key(fb::Storage::Output, i));
    if (place == places_.end()) fail("write", path, "never writes output ", i);
    const auto& [filled, elements] = std::tie(place->second.filled, place->second.elements);
    if (is_whole(place->second)) continue;
    const size_t at = filled[0] < elements[0] ? 0 : 1;
    fail("write", path, "writes ", decimal(filled[at]), " elements of output ", i, ", expected ",
         decimal(elements[at]));
  }
  for (const uint32_t state : plan_.frame.due) {
    const auto place = places_.find(place_key(fb::Storage::State, state));
    if (place == places_.end() || !place->second.first_write) {
      fail("write", path, "never writes state ", state);
    }
  }
}

}  // namespace vorab::rules
