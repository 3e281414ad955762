#include "artifact/native/verify/arena.h"

#include <algorithm>
#include <tuple>

#include "artifact/native/verify/in_place.h"

namespace vorab::rules {
namespace {

// A value in the arena, from the step that first writes it to the one that last uses it.
struct Live {
  uint32_t value;
  uint64_t offset;
  uint64_t end;
  uint32_t from;
  uint32_t to;
};

std::vector<Live> lives_of(const PlanContext& plan, const Flow& flow) {
  std::vector<Live> lives;
  for (const auto& [key, place] : flow.places()) {
    if (place.storage != fb::Storage::Arena) continue;
    const fb::Value& value = *plan.values[place.index];
    if (value.bytes() == 0) continue;
    lives.push_back({place.index, value.offset(), value.offset() + value.bytes(),
                     place.first_write.value_or(0), place.last_use});
  }
  std::sort(lives.begin(), lives.end(), [](const Live& a, const Live& b) {
    return std::tie(a.from, a.value) < std::tie(b.from, b.value);
  });
  return lives;
}

bool overlaps(const Live& a, const Live& b) { return a.offset < b.end && b.offset < a.end; }

bool may_share(const PlanContext& plan, const std::vector<PlacedStep>& steps, const Live& other,
               const Live& born) {
  const bool dies = other.to == born.from && other.from < born.from;
  return dies && other.offset == born.offset &&
         in_place(plan, *steps[born.from].step, place_of(plan.values, other.value),
                  place_of(plan.values, born.value));
}

}  // namespace

void check_arena(const PlanContext& plan, const Flow& flow, const std::vector<PlacedStep>& steps,
                 const Path& path) {
  std::vector<Live> live;
  for (const Live& born : lives_of(plan, flow)) {
    std::erase_if(live, [&](const Live& other) { return other.to < born.from; });
    for (const Live& other : live) {
      if (!overlaps(other, born) || may_share(plan, steps, other, born)) continue;
      fail("overlap", path.at("values", born.value), "shares bytes with values[", other.value,
           "], which is live until step ", other.to);
    }
    live.push_back(born);
  }
}

}  // namespace vorab::rules
