#include "runtime/native/transfer_tasks.h"

#include <cstring>
#include <string>
#include <utility>

#include "runtime/native/held.h"

namespace vorab::runtime {
namespace {

napi_value make_undefined(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

// Filled by the executor's thread: nobody else has the buffer before the promise is settled.
class BufferTask : public PromiseTask {
 public:
  BufferTask(napi_env env, Host& host, uint64_t bytes)
      : PromiseTask(host.shared_session()), bytes_(bytes) {
    const napi_value buffer = make_buffer(env, bytes, &data_);
    napi_create_reference(env, buffer, 1, &buffer_);
  }

 protected:
  napi_value value(napi_env env) override {
    napi_value buffer = nullptr;
    napi_get_reference_value(env, buffer_, &buffer);
    return buffer;
  }
  void cleanup(napi_env env) override { napi_delete_reference(env, buffer_); }

  void* data_ = nullptr;
  const uint64_t bytes_;

 private:
  napi_ref buffer_ = nullptr;
};

class ReadStateTask final : public BufferTask {
 public:
  ReadStateTask(napi_env env, Host& host, uint32_t state, uint64_t bytes)
      : BufferTask(env, host, bytes), state_(state) {}

 protected:
  int work(vorab_error& error) override {
    return session().state_read(state_, data_, bytes_, error);
  }

 private:
  const uint32_t state_;
};

class ReadTensorTask final : public BufferTask {
 public:
  ReadTensorTask(napi_env env, Host& host, uint32_t slot, vorab_tensor* tensor, uint64_t bytes)
      : BufferTask(env, host, bytes), host_(host), slot_(slot), tensor_(tensor) {}

 protected:
  int work(vorab_error& error) override {
    return session().tensor_read(tensor_, data_, bytes_, error);
  }
  void cleanup(napi_env env) override {
    host_.release(slot_);
    BufferTask::cleanup(env);
  }

 private:
  Host& host_;
  const uint32_t slot_;
  vorab_tensor* const tensor_;
};

class WriteStateTask final : public PromiseTask {
 public:
  WriteStateTask(Host& host, uint32_t state, const void* source, uint64_t bytes)
      : PromiseTask(host.shared_session()),
        state_(state),
        copy_(host.shared_session(), source, bytes) {}

 protected:
  int work(vorab_error& error) override {
    session().count(VORAB_CAUSE_STATE_HELD, 0, state_, copy_.bytes());
    return session().state_write(state_, copy_.data(), copy_.bytes(), error);
  }
  napi_value value(napi_env env) override { return make_undefined(env); }

 private:
  const uint32_t state_;
  const Held copy_;
};

class CreateTensorTask final : public PromiseTask {
 public:
  CreateTensorTask(Host& host, const vorab_type& type, const void* source, uint64_t bytes)
      : PromiseTask(host.shared_session()),
        type_(type),
        copy_(host.shared_session(), source, bytes) {}

 protected:
  int work(vorab_error& error) override {
    session().count(VORAB_CAUSE_TENSOR_HELD, 0, 0, copy_.bytes());
    return session().tensor_create(type_, copy_.data(), copy_.bytes(), slot_, error);
  }
  napi_value value(napi_env env) override {
    napi_value slot = nullptr;
    napi_create_uint32(env, slot_, &slot);
    return slot;
  }

 private:
  const vorab_type type_;
  const Held copy_;
  uint32_t slot_ = kNoSlot;
};

class PrepareTask final : public PromiseTask {
 public:
  PrepareTask(Host& host, uint32_t entry, std::vector<int64_t> symbols)
      : PromiseTask(host.shared_session()), entry_(entry), symbols_(std::move(symbols)) {}

 protected:
  int work(vorab_error& error) override {
    return session().prepare(entry_, symbols_.data(), error);
  }
  napi_value value(napi_env env) override { return make_undefined(env); }

 private:
  const uint32_t entry_;
  const std::vector<int64_t> symbols_;
};

class StatsTask final : public PromiseTask {
 public:
  explicit StatsTask(Host& host) : PromiseTask(host.shared_session()) {}

 protected:
  int work(vorab_error& error) override { return session().stats(stats_, error); }
  napi_value value(napi_env env) override { return stats_array(env, stats_); }

 private:
  vorab_stats stats_;
};

class LedgerTask final : public PromiseTask {
 public:
  explicit LedgerTask(Host& host) : PromiseTask(host.shared_session()) {}

 protected:
  int work(vorab_error& error) override { return session().ledger(counts_, error); }
  napi_value value(napi_env env) override { return ledger_buffer(env, counts_); }

 private:
  std::vector<vorab_count> counts_;
};

class ProfileTask final : public PromiseTask {
 public:
  explicit ProfileTask(Host& host) : PromiseTask(host.shared_session()) {}

 protected:
  int work(vorab_error& error) override { return session().profile(json_, error); }
  napi_value value(napi_env env) override {
    napi_value text = nullptr;
    napi_create_string_utf8(env, json_.data(), json_.size(), &text);
    return text;
  }

 private:
  std::string json_;
};

}  // namespace

napi_value make_buffer(napi_env env, uint64_t bytes, void** data) {
  napi_value buffer = nullptr;
  napi_create_arraybuffer(env, bytes, data, &buffer);
  return buffer;
}

napi_value stats_array(napi_env env, const vorab_stats& stats) {
  // Every field is a uint64_t.
  static_assert(sizeof stats % sizeof(uint64_t) == 0);
  constexpr size_t kFields = sizeof stats / sizeof(uint64_t);
  uint64_t fields[kFields];
  std::memcpy(fields, &stats, sizeof stats);
  napi_value array = nullptr;
  napi_create_array_with_length(env, kFields, &array);
  for (uint32_t i = 0; i < kFields; ++i) {
    napi_value number = nullptr;
    napi_create_double(env, static_cast<double>(fields[i]), &number);
    napi_set_element(env, array, i, number);
  }
  return array;
}

napi_value ledger_buffer(napi_env env, const std::vector<vorab_count>& counts) {
  constexpr size_t kFields = 6;
  void* data = nullptr;
  const napi_value buffer = make_buffer(env, counts.size() * kFields * sizeof(double), &data);
  auto* at = static_cast<double*>(data);
  for (const vorab_count& each : counts) {
    *at++ = each.cause;
    *at++ = each.entry;
    *at++ = each.index;
    *at++ = static_cast<double>(each.count);
    *at++ = static_cast<double>(each.bytes);
    *at++ = static_cast<double>(each.ns);
  }
  return buffer;
}

std::unique_ptr<PromiseTask> prepare_task(Host& host, uint32_t entry,
                                          std::vector<int64_t> symbols) {
  return std::make_unique<PrepareTask>(host, entry, std::move(symbols));
}

std::unique_ptr<PromiseTask> read_state_task(napi_env env, Host& host, uint32_t state,
                                             uint64_t bytes) {
  return std::make_unique<ReadStateTask>(env, host, state, bytes);
}

std::unique_ptr<PromiseTask> write_state_task(Host& host, uint32_t state, const void* source,
                                              uint64_t bytes) {
  return std::make_unique<WriteStateTask>(host, state, source, bytes);
}

std::unique_ptr<PromiseTask> create_tensor_task(Host& host, const vorab_type& type,
                                                const void* source, uint64_t bytes) {
  return std::make_unique<CreateTensorTask>(host, type, source, bytes);
}

std::unique_ptr<PromiseTask> read_tensor_task(napi_env env, Host& host, uint32_t slot) {
  uint64_t bytes = 0;
  vorab_tensor* tensor = host.session().slots().retain(slot);
  host.session().slots().peek(slot, &bytes);
  return std::make_unique<ReadTensorTask>(env, host, slot, tensor, bytes);
}

std::unique_ptr<PromiseTask> stats_task(Host& host) { return std::make_unique<StatsTask>(host); }

std::unique_ptr<PromiseTask> ledger_task(Host& host) { return std::make_unique<LedgerTask>(host); }

std::unique_ptr<PromiseTask> profile_task(Host& host) {
  return std::make_unique<ProfileTask>(host);
}

}  // namespace vorab::runtime
