// Which memory an access touches, for tapes that write where they read.
#pragma once

#include "source.h"

namespace vorab::blas {

// Both touch at least one common byte, judged by their ranges.
bool overlap(const TapeSource& source, const SourceAccess& a, const SourceAccess& b);

// Both touch the same element at every point of the iteration space.
bool identical(const TapeSource& source, const SourceAccess& a, const SourceAccess& b);

}  // namespace vorab::blas
