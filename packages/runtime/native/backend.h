/* The only thing that a backend and the addon know of each other: a table of C functions.
 *
 * A backend is a shared library that exports `vorab_backend_v1`. The addon maps and verifies the
 * artifact (no backend repeats a check that the verifier makes), owns queues and threads, and calls
 * the table.
 *
 * Threads: calls on one session never overlap. A backend with VORAB_OWNER_THREAD set gets every
 * call that touches a session or a tensor, releases included, on the one thread that called open().
 * Errors: a function that returns int returns 0, or a vorab_status and fills *error. No exception
 * crosses.
 */
#ifndef VORAB_BACKEND_H
#define VORAB_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VORAB_BACKEND_ABI 4u
#define VORAB_MAX_RANK 8
#define VORAB_NO_STEP 0xffffffffu

/* The backend's objects live on the thread that opened the session (MLX). */
#define VORAB_OWNER_THREAD 1u

typedef enum vorab_status {
  VORAB_OK = 0,
  VORAB_UNSUPPORTED = 1, /* the program needs what this backend or machine lacks */
  VORAB_INVALID = 2,     /* the plan is not one that the verifier should have let through */
  VORAB_FAILED = 3,      /* an op failed on these data (a singular matrix); state is unchanged */
  VORAB_ABORTED = 4,     /* cancelled before the first write of state; state is unchanged */
  VORAB_MEMORY = 5,      /* out of memory */
  VORAB_BROKEN = 6       /* failed after a write of state: the session must be reopened */
} vorab_status;

typedef struct vorab_error {
  uint32_t step; /* step of the entry plan, counted over its regions, or VORAB_NO_STEP */
  /* With VORAB_FAILED: where in the step's data, such as which matrix of a batch or which element;
   * index_rank 0: nowhere in particular. */
  uint32_t index_rank;
  int64_t index[VORAB_MAX_RANK];
  /* What was found, what was expected; lines after the first say what would cure it.
   * Zero-terminated. */
  char message[2048];
} vorab_error;

typedef struct vorab_staged vorab_staged; /* a backend's own: memory that a caller fills */

/* A verified, mapped artifact. Stays valid and unchanged until the session is closed. */
typedef struct vorab_program {
  const uint8_t* file;
  uint64_t file_size;
  const uint8_t* flatbuffer; /* the program section inside file */
  uint64_t flatbuffer_size;
} vorab_program;

typedef struct vorab_session vorab_session; /* a backend's own */
typedef struct vorab_tensor
    vorab_tensor; /* a backend's own: one reference-counted, immutable array */

typedef struct vorab_type {
  uint8_t dtype; /* vorab.fb.DType */
  uint8_t rank;
  int64_t shape[VORAB_MAX_RANK];
} vorab_type;

/* One input: a tensor of this session, or dense host memory that stays valid until run() returns.
 */
typedef struct vorab_input {
  vorab_tensor* tensor; /* or NULL */
  const void* host;
} vorab_input;

/* One output: host memory to fill (then tensor stays NULL), or host == NULL: the backend returns a
 * new reference. skip != 0: the caller does not want it. */
typedef struct vorab_output {
  void* host;
  vorab_tensor* tensor;
  uint8_t skip;
} vorab_output;

/* What happened since open(); monotonic. */
typedef struct vorab_stats {
  uint64_t runs, steps;
  uint64_t copies_in, bytes_in;          /* host to device, or host to arena */
  uint64_t copies_out, bytes_out;        /* device to host */
  uint64_t copies_device, bytes_device;  /* between devices, or a layout made dense on the device */
  uint64_t casts;                        /* executed casts that the plan lists */
  uint64_t allocations, allocated_bytes; /* by the backend, after open() */
  uint64_t builds, build_ns;             /* functions built for an entry and binding */
  uint64_t cache_hits, cache_evictions;
  uint64_t fallbacks;
  uint64_t arena_bytes;  /* now held */
  uint64_t tensors_live; /* tensors handed out and not released */
  uint64_t cache_misses; /* calls for which a function had to be built first */
} vorab_stats;

/* Why something happened that the ledger counts. Append-only; packages/runtime/src/causes.ts says
 * the same in words. What `entry` and `index` of a count mean follows from the cause. */
typedef enum vorab_cause {
  /* entry */
  VORAB_CAUSE_RUN,
  VORAB_CAUSE_BUILD, /* ns: what it took */
  VORAB_CAUSE_HIT,
  VORAB_CAUSE_MISS,
  VORAB_CAUSE_EVICTION,
  VORAB_CAUSE_ARENA, /* memory for intermediate values */
  /* entry, index: input */
  VORAB_CAUSE_INPUT_HELD,    /* copied when the call was made, to be kept until it runs */
  VORAB_CAUSE_INPUT_COPIED,  /* copied to the device */
  VORAB_CAUSE_INPUT_ALIGNED, /* copied because it did not lie on a multiple of its elements */
  VORAB_CAUSE_INPUT_MEMORY,
  /* entry, index: output */
  VORAB_CAUSE_OUTPUT_FILLED, /* copied from the device into host memory */
  VORAB_CAUSE_OUTPUT_HANDED, /* copied into the caller's array when the promise settles */
  VORAB_CAUSE_OUTPUT_READ,   /* a tensor that the entry gave, read */
  VORAB_CAUSE_OUTPUT_LAYOUT, /* made dense on the device */
  VORAB_CAUSE_OUTPUT_MEMORY,
  /* index: state */
  VORAB_CAUSE_STATE_HELD, /* copied when the write was asked for */
  VORAB_CAUSE_STATE_WRITTEN,
  VORAB_CAUSE_STATE_READ,
  VORAB_CAUSE_STATE_LAYOUT, /* made dense on the device */
  VORAB_CAUSE_STATE_MEMORY,
  /* index: constant */
  VORAB_CAUSE_CONSTANT_COPIED, /* the device does not take the file's memory as it is */
  VORAB_CAUSE_CONSTANT_MEMORY,
  /* tensors that the user made */
  VORAB_CAUSE_TENSOR_HELD, /* copied when the tensor was asked for */
  VORAB_CAUSE_TENSOR_CREATED,
  VORAB_CAUSE_TENSOR_READ,
  VORAB_CAUSE_TENSOR_MEMORY,
  /* entry, index: step of its plan, which is over several targets */
  VORAB_CAUSE_TRANSFER, /* carried from one target to another */
  VORAB_CAUSES          /* how many there are */
} vorab_cause;

/* How often something happened since open(), for one cause and place. */
typedef struct vorab_count {
  uint32_t cause; /* vorab_cause */
  uint32_t entry, index;
  uint64_t count, bytes, ns;
} vorab_count;

typedef struct vorab_backend {
  uint32_t abi;     /* VORAB_BACKEND_ABI */
  uint32_t flags;   /* VORAB_OWNER_THREAD */
  const char* name; /* the target name in plans: "blas", "mlx" */

  /* JSON object: version, device, kernels, threads, library versions, capabilities with reasons.
   * Static storage. */
  const char* (*describe)(void);

  /* options: a JSON object ("threads": n, ...). State starts as zeros; the caller runs init or
   * writes it. */
  int (*open)(const vorab_program* program, uint32_t plan, const char* options,
              vorab_session** session, vorab_error* error);
  void (*close)(vorab_session* session);

  /* Do ahead what the first run with these symbol values would do. symbols: one value per
   * Program.symbols entry (those that the entry does not bind: any legal value). */
  int (*prepare)(vorab_session* session, uint32_t entry, const int64_t* symbols,
                 vorab_error* error);

  /* inputs and outputs in the entry's order. cancel: set to nonzero by another thread; read it with
   * an atomic load, honour it between steps until EntryPlan.first_write. */
  int (*run)(vorab_session* session, uint32_t entry, const int64_t* symbols,
             const vorab_input* inputs, vorab_output* outputs, const int32_t* cancel,
             vorab_error* error);

  int (*state_read)(vorab_session* session, uint32_t state, void* destination, uint64_t bytes,
                    vorab_error* error);
  int (*state_write)(vorab_session* session, uint32_t state, const void* source, uint64_t bytes,
                     vorab_error* error);

  /* A new tensor with a copy of dense host data. */
  int (*tensor_create)(vorab_session* session, const vorab_type* type, const void* host,
                       vorab_tensor** tensor, vorab_error* error);
  void (*tensor_release)(vorab_session* session, vorab_tensor* tensor);
  void (*tensor_type)(const vorab_tensor* tensor, vorab_type* type);
  /* Copies the dense elements out; waits for them if need be. */
  int (*tensor_read)(vorab_session* session, vorab_tensor* tensor, void* destination,
                     uint64_t bytes, vorab_error* error);

  void (*stats)(vorab_session* session, vorab_stats* stats);

  /* What the steps of a session that was opened with "profile": true took: a JSON array of { entry,
   * step, work, runs, ns, flops, bytes }, the last two for one run. Valid until the next call of
   * the session. NULL in a backend whose steps have no times of their own. */
  const char* (*profile)(vorab_session* session);

  /* The counts that are not zero, at most one for each cause and place: returns how many there are,
   * and writes as many as fit. */
  size_t (*ledger)(vorab_session* session, vorab_count* counts, size_t capacity);

  /* Memory that any thread may fill, at any time, with an input, a tensor or a state. Where *memory
   * is then handed over as host memory, the backend takes it as it is instead of copying it, and it
   * is the caller's no more. What stage returns is given to unstage in any case, taken or not.
   * NULL: there is none, and host memory will do. NULL functions in a backend that reads host
   * memory directly. */
  vorab_staged* (*stage)(uint64_t bytes, void** memory);
  void (*unstage)(vorab_staged* staged);
} vorab_backend;

typedef const vorab_backend* (*vorab_backend_entry)(void); /* the type of vorab_backend_v1 */

#ifdef __cplusplus
}
#endif
#endif
