# Shared by every native project: flags, sanitizers, and the libraries that live in the Python venv.
#
#   include(<root>/cmake/vorab.cmake)      after project(); flags apply to the including directory and below
#   vorab_need(flatbuffers blas mlx)       defines the targets vorab::flatbuffers, vorab::blas, vorab::mlx
#   vorab_backend(blas SOURCES ...)        libvorab_blas: the table of packages/runtime/native/backend.h

include_guard(GLOBAL)

option(VORAB_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(VORAB_TESTS "Build the C++ unit tests" OFF)

get_filename_component(VORAB_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(VORAB_VENV "${VORAB_ROOT}/.venv" CACHE PATH "Python venv with the native libraries")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# No contraction behind our back: a fused multiply-add is written where it is meant, so that results
# do not depend on the compiler.
add_compile_options(-Wall -Wextra -Werror -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: inlined std::string operations are said to overlap.
  add_compile_options(-Wno-restrict)
endif()

if(VORAB_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Line numbers are all that a report needs; full debug information doubles the time to compile.
  add_compile_options(${sanitizers} -O1 -g1)
  add_link_options(${sanitizers})
endif()

find_package(Threads REQUIRED)

function(_vorab_site_packages out)
  file(GLOB found "${VORAB_VENV}/lib/python3.*/site-packages")
  if(NOT found)
    message(FATAL_ERROR "no Python venv at ${VORAB_VENV}; make it with: npm run setup")
  endif()
  list(GET found 0 first)
  set(${out} "${first}" PARENT_SCOPE)
endfunction()

function(_vorab_need_flatbuffers)
  if(NOT EXISTS "${VORAB_VENV}/include/flatbuffers/flatbuffers.h")
    message(FATAL_ERROR "no FlatBuffers headers in ${VORAB_VENV}; make it with: npm run setup")
  endif()
  add_library(vorab_flatbuffers INTERFACE)
  add_library(vorab::flatbuffers ALIAS vorab_flatbuffers)
  target_include_directories(vorab_flatbuffers SYSTEM INTERFACE "${VORAB_VENV}/include")
endfunction()

# Accelerate on macOS (VORAB_ACCELERATE); elsewhere OpenBLAS, whose symbols begin with scipy_.
function(_vorab_need_blas)
  add_library(vorab_blas_library INTERFACE)
  add_library(vorab::blas ALIAS vorab_blas_library)
  if(APPLE)
    target_compile_definitions(vorab_blas_library INTERFACE VORAB_ACCELERATE ACCELERATE_NEW_LAPACK)
    target_link_libraries(vorab_blas_library INTERFACE "-framework Accelerate")
  else()
    _vorab_site_packages(site)
    find_package(OpenBLAS CONFIG REQUIRED PATHS "${site}/scipy_openblas32/lib/cmake" NO_DEFAULT_PATH)
    set_target_properties(OpenBLAS::OpenBLAS PROPERTIES IMPORTED_NO_SONAME ON)
    target_link_libraries(vorab_blas_library INTERFACE OpenBLAS::OpenBLAS)
  endif()
endfunction()

function(_vorab_need_mlx)
  _vorab_site_packages(site)
  find_package(MLX CONFIG REQUIRED PATHS "${site}/mlx/share/cmake" NO_DEFAULT_PATH)
  add_library(vorab_mlx_library INTERFACE)
  add_library(vorab::mlx ALIAS vorab_mlx_library)
  target_link_libraries(vorab_mlx_library INTERFACE mlx)
endfunction()

function(vorab_need)
  foreach(name IN LISTS ARGN)
    if(NOT TARGET vorab::${name})
      cmake_language(CALL _vorab_need_${name})
    endif()
  endforeach()
endfunction()

set(VORAB_ARTIFACT_LIBRARY "" CACHE FILEPATH "A built artifact reader; without it, each project builds its own")

# The artifact reader, a static library that also brings the schema's accessors.
function(vorab_need_artifact)
  if(TARGET vorab_artifact)
    return()
  endif()
  if(VORAB_ARTIFACT_LIBRARY)
    vorab_need(flatbuffers)
    add_library(vorab_artifact STATIC IMPORTED GLOBAL)
    set_target_properties(vorab_artifact PROPERTIES IMPORTED_LOCATION "${VORAB_ARTIFACT_LIBRARY}")
    # -I, as for a target of our own: no warning hides in a header.
    set_target_properties(vorab_artifact PROPERTIES IMPORTED_NO_SYSTEM ON)
    target_include_directories(vorab_artifact INTERFACE "${VORAB_ROOT}/packages")
    target_link_libraries(vorab_artifact INTERFACE vorab::flatbuffers)
  else()
    set(VORAB_TESTS OFF)
    add_subdirectory("${VORAB_ROOT}/packages/artifact" artifact)
  endif()
endfunction()

# The headers that nearly every source of a target includes are parsed once: it halves the time to build.
function(vorab_precompile target)
  target_precompile_headers(${target} PRIVATE
    ${ARGN} <string> <vector> "${VORAB_ROOT}/packages/artifact/native/generated/vorab_generated.h")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # The same bug again: what is precompiled no longer counts as the system's.
    target_compile_options(${target} PRIVATE -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endfunction()

# Factorizations by LAPACK, for backends that have data in host memory.
function(vorab_need_linalg)
  if(TARGET vorab_linalg)
    return()
  endif()
  vorab_need(blas)
  vorab_need_artifact()
  set(folder "${VORAB_ROOT}/packages/runtime/native/linalg")
  add_library(vorab_linalg STATIC
    "${folder}/orthogonal.cc"
    "${folder}/routine.cc"
    "${folder}/svd.cc"
    "${folder}/triangles.cc")
  target_link_libraries(vorab_linalg PUBLIC vorab_artifact vorab::blas)
endfunction()

# The counts that the addon and every backend keep.
function(vorab_need_ledger)
  if(TARGET vorab_ledger)
    return()
  endif()
  vorab_need_artifact()
  add_library(vorab_ledger STATIC "${VORAB_ROOT}/packages/runtime/native/ledger.cc")
  target_link_libraries(vorab_ledger PUBLIC vorab_artifact)
endfunction()

# A backend: a shared library beside the addon's own, behind the C table of backend.h.
function(vorab_backend name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  vorab_need_artifact()
  vorab_need_ledger()
  add_library(vorab_${name} SHARED ${arg_SOURCES})
  target_include_directories(vorab_${name} PRIVATE
    "${VORAB_ROOT}/packages" "${VORAB_ROOT}/packages/runtime/native")
  target_link_libraries(vorab_${name} PRIVATE vorab_ledger vorab_artifact Threads::Threads ${arg_LIBRARIES})
endfunction()
