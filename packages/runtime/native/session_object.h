// The JavaScript object of one session. TypeScript's view of it is NativeSession in src/native.ts.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "artifact/native/artifact.h"
#include "runtime/native/host.h"

namespace vorab::runtime {

// What open() needs; passed to the constructor as an External.
struct OpenRequest {
  std::shared_ptr<const Artifact> artifact;
  std::vector<std::string> libraries;
  uint32_t plan = 0;
  std::string options;
  size_t queue = 0;
  napi_value promise = nullptr;  // filled by the constructor
};

class SessionObject final : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit SessionObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

 private:
  Napi::Value bind_entry(const Napi::CallbackInfo& info);
  Napi::Value prepare(const Napi::CallbackInfo& info);
  Napi::Value read_state(const Napi::CallbackInfo& info);
  Napi::Value read_state_sync(const Napi::CallbackInfo& info);
  Napi::Value write_state(const Napi::CallbackInfo& info);
  Napi::Value write_state_sync(const Napi::CallbackInfo& info);
  Napi::Value create_tensor(const Napi::CallbackInfo& info);
  Napi::Value read_tensor(const Napi::CallbackInfo& info);
  Napi::Value read_tensor_sync(const Napi::CallbackInfo& info);
  Napi::Value release_tensor(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  Napi::Value stats_sync(const Napi::CallbackInfo& info);
  Napi::Value ledger(const Napi::CallbackInfo& info);
  Napi::Value ledger_sync(const Napi::CallbackInfo& info);
  Napi::Value profile(const Napi::CallbackInfo& info);
  Napi::Value abort(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value bytes_to_line(const Napi::CallbackInfo& info);
  Napi::Value outstanding(const Napi::CallbackInfo& info);
  Napi::Value live_tensors(const Napi::CallbackInfo& info);

  uint32_t index(const Napi::CallbackInfo& info, size_t position, uint32_t end, const char* what);
  uint32_t state(const Napi::CallbackInfo& info);
  uint64_t state_bytes(uint32_t state) const;
  const fb::Program& program() const { return host_->session().program(); }

  std::shared_ptr<Host> host_;
};

}  // namespace vorab::runtime
