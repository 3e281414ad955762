#include "vorab_generated.h"
