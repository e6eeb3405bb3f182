/* The scheme as it should be. */
#include "scheme.h"
